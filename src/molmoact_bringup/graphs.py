"""The graphs that can be brought up: the simulated cell, and one real arm."""

import json
from collections.abc import Mapping
from dataclasses import replace

from molmoact_bringup.graph import Graph, NodeSpec, Parameter, filled
from molmoact_bringup.options import CellOptions, GraphOptions, SingleArmOptions, config_file
from molmoact_bringup.places import Places
from molmoact_bringup.surroundings import ros_variables
from sim_cell.shared import CONTROL_FILE

ARM = "arm"
"""Name of the arm in topics; checkpoint profiles of one arm use the same."""

CAMERAS = ("front", "wrist")
"""Names of the cameras in topics; depth and traces are of the first one's image."""

CELL_CAMERAS = {"front": "D435", "wrist": "D405"}
"""Models that the cell's cameras appear as; config/cameras/cell_*.yaml ask for the same."""

POLITE = 10
"""Nice value of what may starve without harm: the renderer and the policy, never the bridge."""


def cell_graph(options: CellOptions, places: Places) -> Graph:
    """The simulated cell with the camera, policy and bridge nodes that run on hardware.

    Raises:
        ConfigError: an option names a file that is not there.
    """
    clock: dict[str, Parameter] = {"use_sim_time": True}
    cameras = [_cell_camera(name, model, options, places) for name, model in CELL_CAMERAS.items()]
    nodes = [
        _cell_world(options, places),
        NodeSpec("cell_renderer", "cell_renderer", arguments=("--cell-dir", str(places.cell)), nice=POLITE, ros=False),
        _cell_node(options, places),
        *cameras,
        # A bridge whose robot does not answer ends at once, as it should: so it starts once the world listens.
        replace(_bridge(options, places, clock), after=(places.cell / CONTROL_FILE,)),
        _policy(options, places, clock, {"cell_dir": str(places.cell)}),
        *_recorder(options, places, clock, {"task": options.task, "time": options.time}),
    ]
    return replace(_graph("cell", nodes, options, places), scratch=(places.cell,))


def single_arm_graph(options: SingleArmOptions, places: Places) -> Graph:
    """One real arm with two cameras.

    Raises:
        ConfigError: an option names a file that is not there.
    """
    cameras = (
        ("front", options.front_camera, options.front_serial),
        ("wrist", options.wrist_camera, options.wrist_serial),
    )
    nodes = [
        *(_camera(name, file, options, places, {"serial": serial, "require": True}) for name, file, serial in cameras),
        _bridge(options, places, {}),
        _policy(options, places, {}, {}),
        *_recorder(options, places, {}, {}),
    ]
    return _graph("single_arm", nodes, options, places)


def _graph(name: str, nodes: list[NodeSpec], options: GraphOptions, places: Places) -> Graph:
    environment = _environment(options, places)
    return Graph(name, tuple(nodes), arms=(ARM,), namespace=options.namespace, environment=environment)


def _environment(options: GraphOptions, places: Places) -> dict[str, str]:
    return {
        **ros_variables(places.config, options.network),
        "ROS_LOG_DIR": str(places.run / "logs" / "ros"),
        # Numeric libraries start a thread a core in every process; only the policy has work for them.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _cell_world(options: CellOptions, places: Places) -> NodeSpec:
    config_file(places.config, "tasks", options.task)
    arguments = {
        "--cell-dir": str(places.cell),
        "--config": str(places.config),
        "--task": options.task,
        "--seed": str(options.seed),
        "--mode": options.time,
        "--host": options.robot_host,
    }
    flat = tuple(word for pair in arguments.items() for word in pair)
    return NodeSpec("cell_world", "cell_world", arguments=flat, ros=False)


def _cell_node(options: CellOptions, places: Places) -> NodeSpec:
    parameters = filled(
        {"cell_dir": str(places.cell), "virtual_latency": options.virtual_latency, "mode": options.time}
    )
    return NodeSpec("cell_node", "cell_node", options.namespace, parameters)


def _cell_camera(name: str, model: str, options: CellOptions, places: Places) -> NodeSpec:
    injected: dict[str, Parameter] = {
        "context_factory": "sim_cell.software_cameras:make_context",
        "context_options": json.dumps({"cell_dir": str(places.cell), "cameras": {name: {"model": model}}}),
        "use_sim_time": True,
    }
    return _camera(name, f"cell_{name}", options, places, injected)


def _camera(name: str, file: str, options: GraphOptions, places: Places, extra: Mapping[str, Parameter]) -> NodeSpec:
    config = config_file(places.config, "cameras", file)
    parameters = filled({"camera_config": str(config), "name": name, **extra})
    return NodeSpec("camera_node", f"camera_{name}", options.namespace, parameters)


def _bridge(options: GraphOptions, places: Places, extra: Mapping[str, Parameter]) -> NodeSpec:
    parameters = filled(
        {
            "robot_config": str(config_file(places.config, "robots", options.robot)),
            "safety_config": str(config_file(places.config, "safety", options.safety)),
            "host": options.robot_host,
            "dry_run": options.dry_run,
            "arm": ARM,
            **extra,
        }
    )
    return NodeSpec("bridge_node", "bridge", options.namespace, parameters)


def _policy(options: GraphOptions, places: Places, extra: Mapping[str, Parameter], offered: dict[str, str]) -> NodeSpec:
    """`offered`: backend options that the graph knows; a policy gets those that its file names, and no others."""
    from molmoact.policy_config import load_policy_config  # noqa: PLC0415  keeps `molmoact --help` quick

    file = config_file(places.config, "policy", options.policy)
    backend = {name: value for name, value in offered.items() if name in load_policy_config(file).options}
    parameters = filled(
        {
            "policy_config": str(file),
            "checkpoint": options.checkpoint,
            "device": options.device,
            "execution": options.execution,
            "instruction": options.instruction,
            "options": json.dumps(backend) if backend else "",
            **extra,
        }
    )
    threads = {"OMP_NUM_THREADS": str(options.threads)}
    return NodeSpec("policy_node", "policy", options.namespace, parameters, environment=threads, nice=POLITE)


def _recorder(
    options: GraphOptions, places: Places, extra: Mapping[str, Parameter], cell: Mapping[str, str]
) -> list[NodeSpec]:
    """`cell`: what the recording should know of a simulated cell."""
    if not options.record:
        return []
    story = {
        "instruction": options.instruction,
        **cell,
        "robot": [ARM],
        "cameras": list(CAMERAS),
        "policy": options.checkpoint or options.policy,
    }
    parameters = filled(
        {
            "contract": str(config_file(places.config, "recording", options.recording)),
            "output": str(places.run / "bag"),
            "metadata": json.dumps(story, sort_keys=True),
            **extra,
        }
    )
    return [NodeSpec("recorder_node", "recorder", options.namespace, parameters)]
