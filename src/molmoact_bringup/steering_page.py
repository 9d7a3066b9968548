"""The steering page as a part of a graph: its process, what the policy needs for it, and the address to open."""

import secrets
from collections.abc import Mapping

from molmoact_bringup.graph import Graph, NodeSpec, Parameter, filled
from molmoact_bringup.options import GraphOptions, PageOptions, config_file
from molmoact_bringup.places import Places
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import load_settings
from steering_ui.addresses import url
from steering_ui.parameters import TOKEN_VARIABLE

EXECUTABLE = "steering_node"

PROPOSALS: Mapping[str, str] = {"policy/chunk": "policy/proposal"}
"""Names of the policy's topics where the page stands between it and the bridge."""

MARGIN = 0.5
"""Seconds before the bridge would refuse a chunk as too old, in which none is approved any more."""


def has_page(options: GraphOptions) -> bool:
    """Whether these options ask for the page."""
    return options.ui or options.approve


def proposals(options: GraphOptions) -> Mapping[str, str]:
    """Remappings of the policy; none without a page.

    Raises:
        ConfigError: chunks that wait for a person, of a policy that is asked for the next meanwhile.
    """
    if options.approve and options.execution == "async":
        raise ConfigError("approve and execution async exclude each other: a chunk that waits is overtaken; drop one")
    return PROPOSALS if has_page(options) else {}


def page(
    options: GraphOptions,
    places: Places,
    arms: tuple[str, ...],
    cameras: tuple[str, ...],
    extra: Mapping[str, Parameter],
) -> list[NodeSpec]:
    """The process of the page, if it is asked for.

    Raises:
        ConfigError: the safety file is not as needed.
    """
    if not has_page(options):
        return []
    from franka_bridge.safety import SafetyConfig  # noqa: PLC0415  keeps `molmoact --help` quick

    safety = load_settings(config_file(places.config, "safety", options.safety), SafetyConfig)
    parameters: dict[str, Parameter] = {
        "host": options.ui_host,
        "port": options.ui_port,
        "arms": ",".join(arms),
        "cameras": ",".join(cameras),
        "relay": True,
        "ask": options.approve,
        "approval_limit": safety.max_age_holding - MARGIN,
        "checkpoint": options.checkpoint,
        **extra,
    }
    return [_spec(options.namespace, parameters)]


def page_alone(options: PageOptions) -> NodeSpec:
    """The process of a page beside a graph that runs already."""
    parameters: dict[str, Parameter] = {
        "host": options.ui_host,
        "port": options.ui_port,
        "arms": options.arms,
        "cameras": options.cameras,
        "use_sim_time": options.use_sim_time,
    }
    return _spec(options.namespace, parameters)


def _spec(namespace: str, parameters: Mapping[str, Parameter]) -> NodeSpec:
    # Parameters are written to the run's folder and can be asked for in ROS; the environment is the user's own.
    token = {TOKEN_VARIABLE: secrets.token_urlsafe(32)}
    return NodeSpec(EXECUTABLE, "steering", namespace, filled(parameters), environment=token)


def page_address(graph: Graph) -> str:
    """What to open in a browser to see the page; empty: the graph has none."""
    for spec in graph.nodes:
        if spec.executable == EXECUTABLE:
            host, port = str(spec.parameters["host"]), int(spec.parameters["port"])
            return url(host, port, spec.environment[TOKEN_VARIABLE])
    return ""
