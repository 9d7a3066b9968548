"""`molmoact replay`: a policy answers a bag's observations again, offline, without ROS nodes or a robot."""

from pathlib import Path
from typing import Annotated

import typer

from molmoact_bringup.options import config_file
from molmoact_common.errors import UserError


class ReplayDiffersError(UserError):
    """The replay did not give what was recorded."""

    exit_code = 1


def replay(
    bag: Annotated[Path, typer.Argument(help="folder of the bag, e.g. runs/20260101-120000/bag")],
    policy: Annotated[str, typer.Option(help="policy: a name in config/policy, or a YAML file")] = "tiny",
    checkpoint: Annotated[str, typer.Option(help="folder of the checkpoint, in place of the policy's")] = "",
    limit: Annotated[int, typer.Option(min=0, help="answer only so many observations (0: all)")] = 0,
    compare: Annotated[bool, typer.Option(help="fail unless inputs and answers equal the recorded ones")] = True,
) -> None:
    """Answer the observations of a bag again and hold each answer against the recorded one.

    Example: molmoact replay runs/20260101-120000/bag
    """
    from molmoact.policy_config import backend_settings, load_policy_config  # noqa: PLC0415  torch takes seconds
    from molmoact_common.plugins import load_factory  # noqa: PLC0415
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415
    from trial_runner.replay import load_replay  # noqa: PLC0415

    source = config_file(share_directory() / "config", "policy", policy)
    config = load_policy_config(source)
    backend = load_factory(config.backend)(backend_settings(config, source, checkpoint=_checkpoint(policy, checkpoint)))
    found = load_replay(bag, backend.profile.views)
    differing = 0
    for number, answer in enumerate(found.answers(backend), start=1):
        differing += answer.differs
        typer.echo(f"{answer.sequence}: input {_word(answer.same_input)}, answer {_word(answer.same_answer)}")
        if number == limit:
            break
    backend.close()
    typer.echo(f"{len(found.observed)} observations can be replayed, {len(found.incomplete)} lack a frame")
    if not found.observed:
        raise ReplayDiffersError(f"{bag} has no observation of the views {', '.join(backend.profile.views)}")
    if compare and differing:
        raise ReplayDiffersError(f"{differing} answers differ; another checkpoint? (--no-compare accepts it)")


def _checkpoint(policy: str, checkpoint: str) -> str:
    if checkpoint or policy != "tiny":
        return checkpoint
    from rich.console import Console  # noqa: PLC0415

    from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint  # noqa: PLC0415

    return str(default_tiny_checkpoint(Console(stderr=True)))


def _word(same: bool | None) -> str:
    return "not recorded" if same is None else "equal" if same else "DIFFERS"
