"""`molmoact teleop`: move the arms of a running graph with a device in the hand."""

import json
from typing import Annotated, Any

import typer

from molmoact_bringup.operate_commands import Namespace, Where
from molmoact_bringup.options import config_file
from molmoact_bringup.surroundings import enter, ros_variables
from molmoact_common.errors import UserError


def teleop(
    device: Annotated[str, typer.Argument(help="a name in config/teleop, or a YAML file")] = "keyboard",
    instruction: Annotated[str, typer.Option(help="for the expert: what it shall do")] = "",
    cell_dir: Annotated[str, typer.Option(help="for the expert: scratch folder of the running cell")] = "",
    namespace: Namespace = "",
    network: Where = "local",
) -> None:
    """Move the arms by hand, through the gate that a policy's chunks pass too; bring them home and start first.

    Example: molmoact arm home && molmoact arm start && molmoact teleop keyboard
    """
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415  ROS takes a second to load

    config = share_directory() / "config"
    path = config_file(config, "teleop", device)
    enter(ros_variables(config, network))
    from rclpy.parameter import Parameter  # noqa: PLC0415  needs the environment of the graph

    from demo_recorder.teleop.keyboard import HELP  # noqa: PLC0415
    from demo_recorder.teleop.node import TeleopNode  # noqa: PLC0415
    from demo_recorder.teleop.settings import TeleopSettings  # noqa: PLC0415
    from molmoact_common.ros.nodes import run_node  # noqa: PLC0415
    from molmoact_common.yaml_config import load_settings  # noqa: PLC0415

    options = json.dumps(scripted_options(instruction, cell_dir))
    overrides = [Parameter("teleop_config", value=str(path)), Parameter("options", value=options)]
    if any(hand.device.endswith(":open_keyboard") for hand in load_settings(path, TeleopSettings).hands):
        typer.echo(HELP)
    code = run_node(lambda: TeleopNode(parameter_overrides=overrides, namespace=namespace), threads=1)
    if code:
        raise TeleopEndedError("teleoperation could not start; the line above says why")


def scripted_options(instruction: str, cell_dir: str) -> dict[str, Any]:
    """Options of the scripted device; none where nothing was chosen."""
    options: dict[str, Any] = {"instruction": instruction} if instruction else {}
    return {**options, "options": {"cell_dir": cell_dir}} if cell_dir else options


class TeleopEndedError(UserError):
    """The node refused to start."""
