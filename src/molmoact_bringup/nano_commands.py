"""`molmoact nano`: the steps that make the small model and are not those of any other (docs/reference/nano.md)."""

from pathlib import Path
from typing import Annotated, Literal

import typer

nano = typer.Typer(help="The small model: what it begins with, and what it learns from.", no_args_is_help=True)

OutFolder = Annotated[Path, typer.Argument(help="folder to write")]


@nano.command()
def build(
    out: OutFolder,
    vision: Annotated[Literal["published", "keypoints"], typer.Option(help="how pictures become tokens")] = "keypoints",
    codebook: Annotated[Path | None, typer.Option(help="depth codebook (default: grey levels)")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of the weights")] = 0,
) -> None:
    """Write the untrained model.

    Example: molmoact nano build nano/base
    """
    from molmoact.nano import make_nano_checkpoint  # noqa: PLC0415  torch takes seconds to load

    make_nano_checkpoint(out, vision, seed, codebook)
    typer.echo(f"wrote {out}")


@nano.command()
def rows(  # noqa: PLR0917  typer needs names, not positions
    out: OutFolder,
    task: Annotated[list[str], typer.Option(help="name in config/tasks; several take turns")],
    seeds: Annotated[str, typer.Option(help="of the lessons: 0:400")] = "0:400",
    cell: Annotated[str, typer.Option(help="name in config/cell, or a YAML file")] = "solo",
    codebook: Annotated[Path | None, typer.Option(help="depth codebook (default: grey levels)")] = None,
    keep: Annotated[float, typer.Option(min=0.01, max=1, help="share of the states that become rows")] = 0.5,
    astray: Annotated[float, typer.Option(min=0, max=1, help="chance a step of being led away")] = 0.03,
    key: Annotated[str, typer.Option(help="name of the statistics; another task's rows need another")] = "cell",
) -> None:
    """Hold lessons in the cell in process, and write their rows; further seeds add to what is there.

    Example: molmoact nano rows nano/lift --task lift_block --seeds 0:400
    """
    from molmoact_bringup.nano_work import Lessons, hold_lessons  # noqa: PLC0415  mujoco and torch take seconds to load

    hold_lessons(out, task, seeds, Lessons(cell, codebook, keep, astray, key))


@nano.command()
def localise(
    base: Annotated[Path, typer.Argument(help="checkpoint of the keypoint variant")],
    points: Annotated[list[Path], typer.Argument(help="folders of pointing rows, and at last the folder to write")],
    steps: Annotated[int, typer.Option(min=1, help="of the optimiser")] = 600,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of torch; 0: torch's own choice")] = 0,
) -> None:
    """Teach the heat maps where named things are seen.

    Example: molmoact nano localise nano/base nano/lift/point nano/eyes
    """
    from molmoact_bringup.nano_work import localise as localise_all  # noqa: PLC0415  torch takes seconds to load

    localise_all(base, points[:-1], points[-1], steps=steps, threads=threads)
