"""`molmoact reason` and `molmoact tiny`: the model on its own, without ROS."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def reason(
    images: Annotated[list[Path], typer.Argument(help="views in the order of the checkpoint's profile")],
    instruction: Annotated[str, typer.Argument(help="what the robot shall do")],
    checkpoint: Annotated[Path, typer.Option(help="folder of the checkpoint")],
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="where the model runs")] = "auto",
    output: Annotated[Path, typer.Option(help="picture of the answer")] = Path("reason.png"),
) -> None:
    """Answer one observation: print depth, trace and actions, and draw them.

    Example: molmoact reason front.png wrist.png "put the red block into the tray" --checkpoint ~/checkpoints/7b-d
    """
    from molmoact.runtime.offline import reason_offline  # noqa: PLC0415  torch takes seconds to load

    raise NotImplementedError((reason_offline, images, instruction, checkpoint, device, output))


def tiny(
    folder: Annotated[Path, typer.Argument(help="folder to write; must not hold a checkpoint yet")],
    family: Annotated[Literal["7B-D", "7B-O"], typer.Option(help="which published family it is shaped after")] = "7B-D",
    seed: Annotated[int, typer.Option(min=0, help="of the random weights")] = 0,
) -> None:
    """Write a small checkpoint with random weights in the published format, for trying things out.

    Example: molmoact tiny .checkpoints/tiny && molmoact up cell --policy tiny --checkpoint .checkpoints/tiny
    """
    from molmoact.tiny import make_tiny_checkpoint  # noqa: PLC0415  torch takes seconds to load

    make_tiny_checkpoint(folder, family=family, seed=seed)
    typer.echo(f"wrote {folder}")
