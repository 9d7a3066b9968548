"""The graphs that can be brought up: the simulated cell, one real arm, and two."""

from collections.abc import Mapping
from dataclasses import replace

from molmoact_bringup import graph_parts as parts
from molmoact_bringup.cell_nodes import cell_nodes
from molmoact_bringup.graph import Graph, NodeSpec, Parameter
from molmoact_bringup.graph_parts import Setup
from molmoact_bringup.options import CellOptions, DuoOptions, GraphOptions, PageOptions, SingleArmOptions
from molmoact_bringup.places import Places
from molmoact_bringup.scenes import scene_of, with_defaults
from molmoact_bringup.steering_page import page, page_alone
from molmoact_bringup.surroundings import ros_variables
from sim_cell.shared import CONTROL_FILE

ARM = "arm"
"""Name of a single arm in topics; checkpoint profiles of one arm use the same."""


def cell_graph(options: CellOptions, places: Places) -> Graph:
    """The simulated cell with the camera, policy and bridge nodes that run on hardware.

    Raises:
        ConfigError: an option names a file that is not there, or an address that is none.
    """
    from sim_cell.settings import hosts_of  # noqa: PLC0415  keeps `molmoact --help` quick

    options = with_defaults(options, places.config)
    scene = scene_of(options, places.config)
    hosts = hosts_of(scene, options.robot_host)
    setup = Setup(tuple(scene.arms), tuple(scene.cameras), tuple(hosts.values()))
    clock: dict[str, Parameter] = {"use_sim_time": True}
    bridge = parts.bridge(options, places, setup, clock)
    nodes = [
        *cell_nodes(options, places, scene),
        # A bridge whose robot does not answer ends at once, as it should: so it starts once the world listens.
        replace(bridge, after=(places.cell / CONTROL_FILE,)),
        parts.policy(options, places, setup, clock, {"cell_dir": str(places.cell)}),
        *page(options, places, setup.arms, setup.cameras, clock),
        *parts.recorder(options, places, setup, clock, {"task": options.task, "time": options.time}),
    ]
    return replace(parts.graph("cell", nodes, options, places, setup), scratch=(places.cell,))


def single_arm_graph(options: SingleArmOptions, places: Places) -> Graph:
    """One real arm with two cameras.

    Raises:
        ConfigError: an option names a file that is not there.
    """
    cameras = {
        "front": (options.front_camera, options.front_serial),
        "wrist": (options.wrist_camera, options.wrist_serial),
    }
    return _hardware("single_arm", options, places, Setup((ARM,), tuple(cameras), (options.robot_host,)), cameras)


def duo_graph(options: DuoOptions, places: Places) -> Graph:
    """Two real arms with three cameras, moved as one.

    Raises:
        ConfigError: an option names a file that is not there.
    """
    cameras = {
        "front": (options.front_camera, options.front_serial),
        "left_wrist": (options.wrist_camera, options.left_serial),
        "right_wrist": (options.wrist_camera, options.right_serial),
    }
    setup = Setup(("left", "right"), tuple(cameras), (options.left_host, options.right_host))
    return _hardware("duo", options, places, setup, cameras)


def page_graph(options: PageOptions, places: Places) -> Graph:
    """The steering page alone, for a graph that runs already."""
    arms = tuple(name.strip() for name in options.arms.split(","))
    environment = ros_variables(places.config, options.network)
    return Graph("page", (page_alone(options),), arms, options.namespace, environment)


def _hardware(
    name: str, options: GraphOptions, places: Places, setup: Setup, cameras: Mapping[str, tuple[str, str]]
) -> Graph:
    """`cameras`: name -> its file and serial number."""
    nodes: list[NodeSpec] = [
        *(
            parts.camera(camera, file, options, places, {"serial": serial, "require": True})
            for camera, (file, serial) in cameras.items()
        ),
        parts.bridge(options, places, setup, {}),
        parts.policy(options, places, setup, {}, {}),
        *page(options, places, setup.arms, setup.cameras, {}),
        *parts.recorder(options, places, setup, {}, {}),
    ]
    return parts.graph(name, nodes, options, places, setup)
