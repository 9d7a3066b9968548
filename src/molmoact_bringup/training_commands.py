"""`molmoact train`, `merge` and `export`: from rows to a checkpoint of the published format."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from molmoact_bringup.options import config_file

OutFolder = Annotated[Path, typer.Argument(help="folder to write; must not hold anything")]
WeightType = Annotated[Literal["float32", "bfloat16"], typer.Option(help="of the weights that are written")]


def train(  # noqa: PLR0917  typer needs names, not positions
    recipe: Annotated[str, typer.Argument(help="name of a recipe of config/training, or a YAML file")],
    data: Annotated[Path, typer.Option(help="folder that the recipe's row sets are below")],
    run: Annotated[Path | None, typer.Option(help="folder of the run (default: runs/train-RECIPE)")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="to begin with (default: the recipe's)")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="where the model is trained")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of torch; 0: torch's own choice")] = 0,
    wandb: Annotated[str, typer.Option(help="project of Weights & Biases to log to, too")] = "",
) -> None:
    r"""Train by a recipe; started again with the same folder, a run goes on where it was broken off.

    \b
    Example: molmoact train posttrain_real_single --data rows/blocks --checkpoint ~/checkpoints/7b-d
    Eight GPUs: torchrun --nproc-per-node 8 --no-python molmoact train midtrain --data rows --checkpoint DIR
    Curves: tensorboard --logdir runs
    """
    import torch  # noqa: PLC0415  torch takes seconds to load

    from molmoact.training.parallel import Processes  # noqa: PLC0415
    from molmoact.training.plan import make_plan  # noqa: PLC0415
    from molmoact.training.session import train as train_plan  # noqa: PLC0415
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415

    path = config_file(share_directory() / "config", "training", recipe)
    plan = make_plan(path, data, checkpoint)
    if threads:
        torch.set_num_threads(threads)
    processes = Processes.join(device)
    try:
        last = train_plan(plan, run or Path("runs") / f"train-{path.stem}", processes, Console(stderr=True), wandb)
    finally:
        processes.leave()
    if processes.is_first:
        typer.echo(f"trained: {last}; next: molmoact export {last.parent} FOLDER")


def merge(
    adapter: Annotated[Path, typer.Argument(help="folder of an adapter in peft's format")],
    base: Annotated[Path, typer.Argument(help="checkpoint that it was trained on")],
    out: OutFolder,
    dtype: WeightType = "float32",
) -> None:
    """Add an adapter to the weights of its base, and write a checkpoint of the published format.

    Example: molmoact merge runs/train-x/step-00005000/adapter ~/checkpoints/7b-d ~/checkpoints/mine
    """
    from molmoact.training.export import merge as merge_adapter  # noqa: PLC0415  torch takes seconds to load

    merge_adapter(adapter, base, out, dtype=dtype)
    typer.echo(f"wrote {out}")


def export(
    run: Annotated[Path, typer.Argument(help="folder of a training run")],
    out: OutFolder,
    step: Annotated[int | None, typer.Option(min=1, help="which checkpoint (default: the newest)")] = None,
    base: Annotated[Path | None, typer.Option(help="what the run began with, where it has moved since")] = None,
    dtype: WeightType = "float32",
) -> None:
    """Write a run's model, with its statistics and profile, as a checkpoint of the published format.

    Example: molmoact export runs/train-nano_pretrain ~/checkpoints/nano
    """
    from molmoact.training.export import export as export_run  # noqa: PLC0415  torch takes seconds to load

    saved = export_run(run, out, step=step, base=base, dtype=dtype)
    typer.echo(f"wrote {out} from {saved}")
