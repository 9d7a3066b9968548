"""The processes that every graph has: cameras, bridge, policy and recorder, for the arms and cameras of a setup."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from molmoact_bringup.graph import Graph, NodeSpec, Parameter, filled
from molmoact_bringup.options import GraphOptions, config_file
from molmoact_bringup.places import Places
from molmoact_bringup.steering_page import proposals
from molmoact_bringup.surroundings import ros_variables

POLITE = 10
"""Nice value of what may starve without harm: the renderer and the policy, never the bridge."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a graph is made for.

    Attributes:
        arms: names in topics, in the order of an action's columns.
        cameras: names in topics; depth and traces are of the first one's image.
        hosts: address of each arm; empty: the one in the robot's file.
    """

    arms: tuple[str, ...]
    cameras: tuple[str, ...]
    hosts: tuple[str, ...]


def graph(name: str, nodes: list[NodeSpec], options: GraphOptions, places: Places, setup: Setup) -> Graph:
    """The graph of these processes."""
    environment = {
        **ros_variables(places.config, options.network),
        "ROS_LOG_DIR": str(places.run / "logs" / "ros"),
        # Numeric libraries start a thread a core in every process; only the policy has work for them.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return Graph(name, tuple(nodes), arms=setup.arms, namespace=options.namespace, environment=environment)


def camera(name: str, file: str, options: GraphOptions, places: Places, extra: Mapping[str, Parameter]) -> NodeSpec:
    """The camera node of one device."""
    config = config_file(places.config, "cameras", file)
    parameters = filled({"camera_config": str(config), "name": name, **extra})
    return NodeSpec("camera_node", f"camera_{name}", options.namespace, parameters)


def bridge(options: GraphOptions, places: Places, setup: Setup, extra: Mapping[str, Parameter]) -> NodeSpec:
    """The bridge of all arms."""
    parameters = filled(
        {
            "robot_config": str(config_file(places.config, "robots", options.robot)),
            "safety_config": str(config_file(places.config, "safety", options.safety)),
            "host": ",".join(setup.hosts) if any(setup.hosts) else "",
            "dry_run": options.dry_run,
            "arm": setup.arms[0] if len(setup.arms) == 1 else "",
            **extra,
        }
    )
    return NodeSpec("bridge_node", "bridge", options.namespace, parameters)


def policy(
    options: GraphOptions, places: Places, setup: Setup, extra: Mapping[str, Parameter], offered: Mapping[str, str]
) -> NodeSpec:
    """`offered`: backend options that the graph knows; a policy gets those that its file names, and no others."""
    from molmoact.policy_config import load_policy_config  # noqa: PLC0415  keeps `molmoact --help` quick

    file = config_file(places.config, "policy", options.policy)
    backend = {name: value for name, value in offered.items() if name in load_policy_config(file).options}
    parameters = filled(
        {
            "policy_config": str(file),
            "checkpoint": options.checkpoint,
            "device": options.device,
            "execution": options.execution or ("open_loop" if options.approve else None),
            "instruction": options.instruction,
            "arms": ",".join(setup.arms),
            "options": json.dumps(backend) if backend else "",
            **extra,
        }
    )
    threads = {"OMP_NUM_THREADS": str(options.threads)}
    return NodeSpec(
        "policy_node",
        "policy",
        options.namespace,
        parameters,
        remappings=proposals(options),
        environment=threads,
        nice=POLITE,
    )


def recorder(
    options: GraphOptions, places: Places, setup: Setup, extra: Mapping[str, Parameter], cell: Mapping[str, str]
) -> list[NodeSpec]:
    """`cell`: what the recording should know of a simulated cell."""
    if not options.record:
        return []
    story = {
        "instruction": options.instruction,
        **cell,
        "robot": list(setup.arms),
        "cameras": list(setup.cameras),
        "policy": options.checkpoint or options.policy,
    }
    parameters = filled(
        {
            "contract": str(config_file(places.config, "recording", options.recording)),
            "output": "" if options.takes else str(places.run / "bag"),
            "takes": str(Path(options.takes).absolute()) if options.takes else "",
            "metadata": json.dumps(story, sort_keys=True),
            **extra,
        }
    )
    return [NodeSpec("recorder_node", "recorder", options.namespace, parameters)]
