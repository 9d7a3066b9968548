"""The processes that only the simulated cell has, and its camera nodes with software devices in place of USB."""

import json
from typing import TYPE_CHECKING

from molmoact_bringup.graph import NodeSpec, Parameter, filled
from molmoact_bringup.graph_parts import POLITE, camera
from molmoact_bringup.options import CellOptions, config_file
from molmoact_bringup.places import Places

if TYPE_CHECKING:
    from sim_cell.settings import SceneSettings

CAMERA_FILES = {"D435": "cell_front", "D405": "cell_wrist"}
"""Model that a camera of the scene appears as -> its file in config/cameras."""


def cell_nodes(options: CellOptions, places: Places, scene: "SceneSettings") -> list[NodeSpec]:
    """World, renderer, cell node and a camera node for each camera of the scene.

    Raises:
        ConfigError: no such task.
    """
    return [
        _world(options, places),
        NodeSpec("cell_renderer", "cell_renderer", arguments=("--cell-dir", str(places.cell)), nice=POLITE, ros=False),
        _cell_node(options, places),
        *(_camera(name, shown.model, options, places) for name, shown in scene.cameras.items()),
    ]


def _world(options: CellOptions, places: Places) -> NodeSpec:
    config_file(places.config, "tasks", options.task)
    arguments = {
        "--cell-dir": str(places.cell),
        "--config": str(places.config),
        "--scene": str(config_file(places.config, "cell", options.cell)),
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


def _camera(name: str, model: str, options: CellOptions, places: Places) -> NodeSpec:
    serial = f"cell_{name}"
    devices = {name: {"model": model, "serial": serial}}
    injected: dict[str, Parameter] = {
        "context_factory": "sim_cell.software_cameras:make_context",
        "context_options": json.dumps({"cell_dir": str(places.cell), "cameras": devices}),
        "serial": serial,
        "use_sim_time": True,
    }
    return camera(name, CAMERA_FILES[model], options, places, injected)
