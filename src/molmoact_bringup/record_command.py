"""`molmoact record`: take after take of a running graph, ordered by keys."""

import json
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import Field

from molmoact_bringup.cli_options import command_with_options
from molmoact_bringup.graph import Graph, NodeSpec, filled
from molmoact_bringup.options import config_file
from molmoact_bringup.surroundings import Network, ros_variables
from molmoact_common.errors import ConfigError, UserError
from molmoact_common.yaml_config import Settings, read_yaml

RECORDER_FILES = "recorder"
"""Folder beside the takes: log and parameters of the recorder's process."""

STEP = 0.1

PATIENCE = ((signal.SIGINT, 120.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))
"""How the recorder is made to end: pictures of the last take may still wait to be compressed."""


class RecordOptions(Settings):
    """What a person may choose for a sitting of takes."""

    instruction: str = Field("", description="what is shown, as a person would say it")
    contract: str = Field("demonstration", description="a name in config/recording, or a YAML file")
    task: str = Field("", description="a name in config/tasks, for records")
    operator: str = Field("", description="who shows it, for records")
    robot: str = Field("arm", description="names of the arms, for records, separated by commas")
    cameras: str = Field("front,wrist", description="names of the cameras, the one of the traces first")
    calibration: str = Field("", description="CAMERA=FILE to be embedded in every bag; several separated by commas")
    cell: bool = Field(False, description="the graph is a simulated cell: take its clock")
    namespace: str = Field("", description="ROS namespace of the graph")
    network: Network = Field("local", description="as the graph was brought up with")


def _record(options: RecordOptions, folder: Path) -> None:
    """Record takes of a running graph: see rates and losses, start, keep, discard and mark with keys.

    Example: molmoact record demos --cell --instruction "put the red block into the tray"
    """
    _watch(record_graph(folder, options), folder.absolute(), options)


def record_graph(folder: Path, options: RecordOptions) -> Graph:
    """The recorder as a process of its own, so that no picture of it costs a message.

    Raises:
        ConfigError: there is no such contract, or a calibration cannot be read.
    """
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415  ROS takes a second to load

    config = share_directory() / "config"
    story = {
        "instruction": options.instruction,
        "task": options.task,
        "operator": options.operator,
        "robot": options.robot.split(","),
        "cameras": options.cameras.split(","),
        "calibration": _calibrations(options.calibration),
    }
    parameters = filled(
        {
            "contract": str(config_file(config, "recording", options.contract)),
            "takes": str(folder.absolute()),
            "metadata": json.dumps(story, sort_keys=True),
            "use_sim_time": options.cell,
        }
    )
    node = NodeSpec("recorder_node", "recorder", options.namespace, parameters)
    environment = {**ros_variables(config, options.network), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return Graph("record", (node,), namespace=options.namespace, environment=environment)


def _calibrations(text: str) -> dict[str, Any]:
    found = {}
    for given in filter(None, text.split(",")):
        camera, separator, file = given.partition("=")
        if not separator:
            raise ConfigError(f"--calibration {given!r} names no file; write it as CAMERA=FILE")
        found[camera] = read_yaml(Path(file))
    return found


def _watch(graph: Graph, folder: Path, options: RecordOptions) -> None:
    from molmoact_bringup.runner import Runner  # noqa: PLC0415  ROS and rich take a second to load
    from molmoact_bringup.supervising import Termination, enter_environment, supervise  # noqa: PLC0415

    prefix = Path(sys.prefix)
    enter_environment(graph, prefix)
    from molmoact_bringup.record_client import RecordClient  # noqa: PLC0415  needs the environment of the graph
    from molmoact_bringup.record_session import RecordSession  # noqa: PLC0415

    run = folder / RECORDER_FILES
    with Termination() as ending, Runner(graph, run=run, prefix=prefix, escalation=PATIENCE) as runner:
        runner.start()
        client = RecordClient(options.namespace)
        try:
            with RecordSession(client, options.instruction) as session:
                fatal = supervise(runner, lambda: session.step(STEP), ending)
        finally:
            client.close()
    if fatal:
        raise UserError(f"{fatal.line()}; its log: {run / 'logs' / fatal.name}.log")


FOLDER = (Annotated[Path, typer.Argument(help="folder of the takes; made where it is not there")], ...)
record = command_with_options(RecordOptions, _record, folder=FOLDER)
