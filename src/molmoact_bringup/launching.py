"""What a launch file does: declare a graph's options as arguments and turn the graph into launch actions."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnShutdown
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from pydantic.fields import FieldInfo

from molmoact_bringup.graph import START_LIMIT, Graph, NodeSpec
from molmoact_bringup.graphs import cell_graph, duo_graph, page_graph, single_arm_graph
from molmoact_bringup.options import CellOptions, DuoOptions, PageOptions, SingleArmOptions
from molmoact_bringup.places import Places, new_run_folder, places_for
from molmoact_bringup.steering_page import page_address
from molmoact_common.ros.nodes import share_directory
from molmoact_common.yaml_config import SettingsT, validate

RUNS_ARGUMENT = "runs"

LOOK_EVERY = 0.25
"""Seconds between looks at the files that a node starts after."""


def cell_description() -> LaunchDescription:
    """For launch/cell.launch.py."""
    return _description(CellOptions, cell_graph)


def single_arm_description() -> LaunchDescription:
    """For launch/single_arm.launch.py."""
    return _description(SingleArmOptions, single_arm_graph)


def duo_description() -> LaunchDescription:
    """For launch/duo.launch.py."""
    return _description(DuoOptions, duo_graph)


def page_description() -> LaunchDescription:
    """For launch/steering_ui.launch.py."""
    return _description(PageOptions, page_graph)


def _description(schema: type[SettingsT], build: Callable[[SettingsT, Places], Graph]) -> LaunchDescription:
    def actions(context: LaunchContext) -> list[Any]:
        given = dict(context.launch_configurations)
        options = options_from_arguments(given, schema)
        run = new_run_folder(Path(given[RUNS_ARGUMENT]), datetime.now().astimezone())
        graph = build(options, places_for(run, share_directory() / "config"))
        address = page_address(graph)
        told = [LogInfo(msg=f"steering page: {address}")] if address else []
        return [*told, *graph_actions(graph, context)]

    runs = DeclareLaunchArgument(RUNS_ARGUMENT, default_value="runs", description="folder that gets a folder a run")
    arguments = [_argument(name, field) for name, field in schema.model_fields.items()]
    return LaunchDescription([*arguments, runs, OpaqueFunction(function=actions)])


def options_from_arguments(given: dict[str, str], schema: type[SettingsT]) -> SettingsT:
    """Validated options of launch arguments; an empty argument stands for the option's default.

    Raises:
        ConfigError: a value that the schema refuses.
    """
    values = {name: given[name] for name in schema.model_fields if given.get(name)}
    return validate(values, schema, "launch argument")


def graph_actions(graph: Graph, context: LaunchContext) -> list[Any]:
    """Launch actions that make up the graph."""
    for folder in graph.scratch:
        folder.mkdir(parents=True, exist_ok=True)
    variables = graph.missing_environment(context.environment)
    return [
        *(SetEnvironmentVariable(name, value) for name, value in variables.items()),
        RegisterEventHandler(OnShutdown(on_shutdown=lambda *_: _remove(graph.scratch))),
        *(_node(spec) if spec.may_start() else _node_later(spec, START_LIMIT) for spec in graph.nodes),
    ]


def _remove(folders: tuple[Path, ...]) -> list[Any]:
    # The processes may still run: what they have mapped stays valid for them, and the files are gone after them.
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return [LogInfo(msg=f"removed {folder}") for folder in folders]


def _argument(name: str, field: FieldInfo) -> Any:
    default = field.default
    return DeclareLaunchArgument(
        name,
        default_value="" if default is None else str(default).lower() if isinstance(default, bool) else str(default),
        description=field.description,
        choices=_choices(field.annotation),
    )


def _choices(annotation: Any) -> list[str] | None:
    members = get_args(annotation)
    if type(None) in members:
        return ["", *get_args(members[0])]
    return [str(member) for member in members] or None


def _node_later(spec: NodeSpec, patience: float) -> Any:
    """Looks again and again, for `patience` seconds, whether what the node starts after is there."""

    def look(_: LaunchContext) -> list[Any]:
        if spec.may_start():
            return [_node(spec)]
        if patience <= 0:
            return [Shutdown(reason=f"{spec.name} not started: {spec.after[0]} was not there in time")]
        return [_node_later(spec, patience - LOOK_EVERY)]

    return TimerAction(period=LOOK_EVERY, actions=[OpaqueFunction(function=look)])


def _node(spec: NodeSpec) -> Any:
    return Node(
        package="molmoact_ros",
        executable=spec.executable,
        name=spec.name if spec.ros else None,
        namespace=spec.namespace or None,
        parameters=[{name: _typed(value) for name, value in spec.parameters.items()}] if spec.parameters else [],
        arguments=list(spec.arguments),
        remappings=list(spec.remappings.items()),
        additional_env=dict(spec.environment),
        prefix=f"nice -n {spec.nice}" if spec.nice else None,
        output="screen",
        on_exit=Shutdown(reason=f"{spec.name} ended") if spec.required else None,
    )


def _typed(value: bool | int | float | str) -> Any:
    # launch_ros reads a bare string as YAML: a serial number would arrive as an integer.
    return ParameterValue(value, value_type=type(value))
