"""`molmoact data`: from recorded takes to a dataset, from a dataset to training rows, and a look at both."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from molmoact_bringup.calibrate_command import calibrate
from molmoact_bringup.options import config_file
from molmoact_common.errors import UserError

if TYPE_CHECKING:
    from molmoact.curation.engine import Engine

data = typer.Typer(help="Takes to a dataset, a dataset to training rows, a look at both.", no_args_is_help=True)
data.command()(calibrate)


class SomethingRefusedError(UserError):
    """The dataset was written, and some takes are not in it."""

    exit_code = 3


class ParityError(UserError):
    """A bag does not give what its policy saw."""

    exit_code = 1


@data.command()
def convert(  # noqa: PLR0917  typer needs names, not positions
    bags: Annotated[list[Path], typer.Argument(help="takes, or folders of takes; what lies in trash/ is left out")],
    output: Annotated[Path, typer.Option(help="folder of the dataset, new")],
    profile: Annotated[Path, typer.Option(help="profile.yaml: views, arms, step rate, what the actions mean")],
    calibration: Annotated[Path | None, typer.Option(help="calibration of the standing cameras")] = None,
    cell: Annotated[str, typer.Option(help="or the scene of the simulated cell: a name in config/cell")] = "",
    settings: Annotated[Path | None, typer.Option(help="YAML of further choices (docs: make a dataset)")] = None,
    keep_unmarked: Annotated[bool, typer.Option(help="take in takes that nobody judged")] = False,
    keep_failures: Annotated[bool, typer.Option(help="take in failures")] = False,
    keep_no_ops: Annotated[bool, typer.Option(help="keep steps in which nothing happens")] = False,
) -> None:
    """Make a LeRobot v3 dataset of takes. Ends with 3 where a take was refused; the reasons are printed.

    Example: molmoact data convert takes/ --output data/blocks --profile config/policy/profiles/expert.yaml --cell solo
    """
    from demo_recorder.dataset.converting import convert as convert_takes  # noqa: PLC0415  these take seconds to load
    from demo_recorder.dataset.settings import ConversionSettings  # noqa: PLC0415
    from demo_recorder.folders import find_bags  # noqa: PLC0415
    from molmoact.curation.calibration import load_calibration  # noqa: PLC0415
    from molmoact.profile import load_profile  # noqa: PLC0415
    from molmoact_bringup.cell_calibration import cell_calibration  # noqa: PLC0415
    from molmoact_bringup.data_report import print_conversion, progress_bar  # noqa: PLC0415
    from molmoact_common.yaml_config import load_settings  # noqa: PLC0415

    chosen = load_settings(settings, ConversionSettings) if settings else ConversionSettings()
    changes: dict[str, object] = {"keep_unmarked": True} if keep_unmarked else {}
    changes |= {"keep_failures": True} if keep_failures else {}
    changes |= {"no_ops": None} if keep_no_ops else {}
    known = load_calibration(calibration) if calibration else None
    if cell:
        from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415

        known = cell_calibration(config_file(share_directory() / "config", "cell", cell))
    takes = find_bags(bags)
    with progress_bar("takes", len(takes)) as advance:
        report = convert_takes(
            takes,
            output,
            load_profile(profile),
            chosen.model_copy(update=changes),
            known,
            progress=lambda _: advance(1),
        )
    print_conversion(report)
    if report.refused:
        raise SomethingRefusedError(f"{len(report.refused)} of {len(takes)} takes are not in {output}; see above")


@data.command()
def curate(  # noqa: PLR0917
    dataset: Annotated[Path, typer.Argument(help="folder of the dataset")],
    output: Annotated[Path, typer.Option(help="folder of the row sets; an interrupted run goes on there")],
    codebook: Annotated[Path | None, typer.Option(help="depth network: vae.safetensors or vae-final.pt")] = None,
    depth: Annotated[
        Literal["measured", "estimated", "none"], typer.Option(help="where depth comes from")
    ] = "measured",
    depth_model: Annotated[Path | None, typer.Option(help="folder of a Depth-Anything model")] = None,
    kinds: Annotated[str, typer.Option(help="which rows: reasoning,conditioned,depth,trace")] = "",
    settings: Annotated[Path | None, typer.Option(help="YAML of all choices, in place of the options")] = None,
    profile: Annotated[
        Path | None, typer.Option(help="of the checkpoint that they are for: refuse a dataset of other conventions")
    ] = None,
    engine: Annotated[
        Literal["processes", "ray"], typer.Option(help="processes on this machine, or Ray (RAY_ADDRESS: a cluster)")
    ] = "processes",
    processes: Annotated[int, typer.Option(min=0, help="at a time; 0: one a core of this machine")] = 0,
) -> None:
    """Make training rows of a dataset: depth codes, traces, action chunks, in the published record schema.

    Example: molmoact data curate data/blocks --output rows/blocks --codebook ~/checkpoints/7b-d/vae-final.pt
    """
    from molmoact.curation.conventions import check_dataset  # noqa: PLC0415  torch takes seconds to load
    from molmoact.curation.lerobot_reader import LeRobotDataset  # noqa: PLC0415
    from molmoact.curation.pipeline import curate as make_rows  # noqa: PLC0415
    from molmoact.curation.settings import CurationSettings  # noqa: PLC0415
    from molmoact.profile import load_profile  # noqa: PLC0415
    from molmoact_bringup.data_report import print_curation, progress_bar  # noqa: PLC0415
    from molmoact_common.yaml_config import load_settings, validate  # noqa: PLC0415

    values: dict[str, object] = {"depth": depth, "codebook": codebook, "depth_model": depth_model}
    if kinds or depth == "none":
        values["kinds"] = kinds.split(",") if kinds else ["conditioned", "trace"]
    chosen = load_settings(settings, CurationSettings) if settings else validate(values, CurationSettings, "options")
    opened = LeRobotDataset.open(dataset)
    if profile is not None:
        check_dataset(opened, load_profile(profile))
    runs = _engine(engine, processes)
    with progress_bar("frames", int(opened.info["total_frames"])) as advance:
        report = make_rows(dataset, output, chosen, runs, advance)
    print_curation(report)


def _engine(name: str, processes: int) -> "Engine":
    """By its name; `processes` 0: one a core."""
    from molmoact.curation.engine import ProcessPool, run_here  # noqa: PLC0415
    from molmoact.curation.engine_ray import RayEngine  # noqa: PLC0415

    count = processes or os.cpu_count() or 1
    if name == "ray":
        return RayEngine(count)
    return ProcessPool(count) if count > 1 else run_here


@data.command()
def view(
    place: Annotated[Path, typer.Argument(help="folder of a dataset, or of row sets")],
    output: Annotated[Path, typer.Option(help="PNG to write")] = Path("data.png"),
    episode: Annotated[int, typer.Option(min=0, help="which one")] = 0,
) -> None:
    """Draw one episode of a dataset, or its rows as they will be learnt; a wrong sign is seen here, not trained on.

    Example: molmoact data view data/blocks --episode 3
    """
    from molmoact.curation.contact_sheet import draw_contact_sheet  # noqa: PLC0415  matplotlib takes a second
    from molmoact.curation.row_sheet import draw_row_sheet, kinds_in  # noqa: PLC0415

    draw = draw_row_sheet if kinds_in(place) else draw_contact_sheet
    draw(place, episode, output)
    typer.echo(f"wrote {output}")


@data.command()
def parity(
    bag: Annotated[Path, typer.Argument(help="folder of a bag of a policy's run")],
    profile: Annotated[Path, typer.Option(help="profile.yaml of that policy")],
) -> None:
    """Hold what a bag gives against what the policy saw live: view stamps and command-step counters.

    Example: molmoact data parity runs/20260101-120000/bag --profile config/policy/profiles/expert.yaml
    """
    from demo_recorder.dataset.parity import compare  # noqa: PLC0415
    from molmoact.profile import load_profile  # noqa: PLC0415

    seen = compare(bag, load_profile(profile))
    differing = [one for one in seen if not one.same]
    for one in differing:
        typer.echo(f"{one.sequence}: live {one.live}, from the bag {one.offline}")
    typer.echo(f"{len(seen) - len(differing)} of {len(seen)} observations are the same")
    if differing or not seen:
        raise ParityError(f"{bag} does not give what its policy saw" if seen else f"{bag} holds no observation")
