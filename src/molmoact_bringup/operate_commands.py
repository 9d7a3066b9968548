"""`molmoact arm`, `molmoact speed` and `molmoact instruct`: what a person says to a running graph."""

import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from molmoact_bringup.surroundings import Network, enter, ros_variables
from molmoact_common.errors import UnreachableError, UserError

ANSWER_SECONDS = 120.0
"""Longer than the slowest way home of a real arm; the bridge has deadlines of its own."""

STEP = 0.05

Namespace = Annotated[str, typer.Option(help="ROS namespace of the graph")]
Where = Annotated[Network, typer.Option("--network", help="as the graph was brought up with")]


class RefusedCallError(UserError):
    """A node understood what was asked and did not do it."""

    exit_code = 1


def instruct(
    instruction: Annotated[str, typer.Argument(help="what the robot shall do, as a person would say it")],
    namespace: Namespace = "",
    network: Where = "local",
) -> None:
    """Tell a running policy what to do.

    Example: molmoact instruct "put the red block into the tray"
    """
    call("policy/set_instruction", {"instruction": instruction}, namespace, network)


def speed(
    factor: Annotated[float, typer.Argument(help="0.05 .. 1: of every speed cap; the way stays the same")],
    namespace: Namespace = "",
    network: Where = "local",
) -> None:
    """Slow the arms of a running graph down, or let them go at full speed again.

    Example: molmoact speed 0.3
    """
    call("bridge/set_speed_factor", {"speed_factor": factor}, namespace, network)


def _trigger(name: str, text: str) -> Callable[..., None]:
    def command(namespace: Namespace = "", network: Where = "local") -> None:
        call(f"bridge/{name}", {}, namespace, network)

    command.__doc__ = f"{text}\n\nExample: molmoact arm {name}"
    return command


def call(service: str, fields: dict[str, Any], namespace: str, network: Network) -> None:
    """Call a service of a running graph and print what it says.

    Raises:
        UnreachableError: nobody offers it, or no answer comes.
        RefusedCallError: the node says no, and why.
    """
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415  ROS takes a second to load

    enter(ros_variables(share_directory() / "config", network))
    from trial_runner.graph_client import GraphClient  # noqa: PLC0415

    client = GraphClient((), namespace)
    try:
        response = _answer(client, service, fields)
    finally:
        client.close()
    if not response.success:
        raise RefusedCallError(response.message)
    typer.echo(response.message or "done")


def _answer(client: Any, service: str, fields: dict[str, Any]) -> Any:
    future = client.begin_call(service, fields)
    deadline = time.monotonic() + ANSWER_SECONDS
    while future.response is None:
        if time.monotonic() > deadline:
            raise UnreachableError(f"{service} gave no answer within {ANSWER_SECONDS:g} s; see the logs of the run")
        client.spin(STEP)
    return future.response


arm = typer.Typer(no_args_is_help=True, help="Bring home, start, stop or recover the arm of a running graph.")
arm.command("home")(_trigger("home", "Bring the arm to its home pose."))
arm.command("start")(_trigger("start", "Let the arm follow the policy's chunks from now on."))
arm.command("stop")(_trigger("stop", "Bring the arm to rest and latch the stop; needs no answer of the policy."))
arm.command("recover")(_trigger("recover", "Lead the arm out of a stop or an error."))
