"""`molmoact reason` and `molmoact tiny`: the model on its own, without ROS."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from molmoact_common.errors import UserError


class RefusedAnswerError(UserError):
    """The model's answer broke a rule."""

    exit_code = 1


def reason(  # noqa: PLR0917  typer needs names, not positions
    images: Annotated[list[Path], typer.Argument(help="views in the order of the checkpoint's profile")],
    instruction: Annotated[str, typer.Argument(help="what the robot shall do")],
    checkpoint: Annotated[Path, typer.Option(help="folder of the checkpoint")],
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="where the model runs")] = "auto",
    profile: Annotated[Path | None, typer.Option(help="checkpoint profile (default: the one in the folder)")] = None,
    output: Annotated[Path, typer.Option(help="picture of the answer")] = Path("reason.png"),
    constrained: Annotated[bool, typer.Option(help="let the model write nothing but well-formed answers")] = False,
) -> None:
    """Answer one observation: print depth, trace and actions, and draw them.

    Example: molmoact reason front.png wrist.png "put the red block into the tray" --checkpoint ~/checkpoints/7b-d
    """
    from molmoact.runtime.offline import reason_offline  # noqa: PLC0415  torch takes seconds to load
    from molmoact_bringup.answer_text import answer_lines  # noqa: PLC0415

    answer = reason_offline(
        images,
        instruction,
        checkpoint,
        device=device,
        profile=str(profile or ""),
        output=output,
        options={"constrained": constrained},
    )
    typer.echo("\n".join(answer_lines(answer)))
    typer.echo(f"drawn: {output}")
    if answer.why_refused:
        raise RefusedAnswerError(f"the answer was refused: {answer.why_refused}; nothing would have moved")


def tiny(
    folder: Annotated[Path, typer.Argument(help="folder to write; must not hold a checkpoint yet")],
    family: Annotated[Literal["7B-D", "7B-O"], typer.Option(help="which published family it is shaped after")] = "7B-D",
    seed: Annotated[int, typer.Option(min=0, help="of the random weights")] = 0,
    arms: Annotated[int, typer.Option(min=1, max=2, help="that it moves")] = 1,
) -> None:
    """Write a small checkpoint with random weights in the published format, for trying things out.

    Example: molmoact tiny .checkpoints/tiny && molmoact up cell --policy tiny --checkpoint .checkpoints/tiny
    """
    from molmoact.tiny import make_tiny_checkpoint  # noqa: PLC0415  torch takes seconds to load

    make_tiny_checkpoint(folder, family=family, seed=seed, arms=arms)
    typer.echo(f"wrote {folder}")
