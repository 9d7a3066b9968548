"""What can be told to be wrong before any process is started: files, addresses, ports."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from camera_nodes.config import CameraConfig
from demo_recorder.contract import RecordingContract
from franka_bridge.config import RobotConfig
from franka_bridge.safety import SafetyConfig
from molmoact.policy_config import PolicyConfig, backend_settings, load_policy_config
from molmoact_bringup.doctor.environment import refuse_mixed_ros
from molmoact_bringup.doctor.finding import Verdict
from molmoact_bringup.doctor.machine import check_ports
from molmoact_bringup.graph import Graph, NodeSpec
from molmoact_bringup.options import CellOptions, GraphOptions
from molmoact_common.errors import UserError
from molmoact_common.plugins import load_factory
from molmoact_common.yaml_config import Settings, load_settings
from steering_ui.listening import listen

SCHEMAS: Mapping[str, type[Settings]] = {
    "policy_config": PolicyConfig,
    "robot_config": RobotConfig,
    "safety_config": SafetyConfig,
    "camera_config": CameraConfig,
    "contract": RecordingContract,
}
"""Parameters that name a configuration file, with the schema of the file."""


def preflight(options: GraphOptions, graph: Graph) -> None:
    """Refuse what cannot work, at once and with nothing to clean up; the nodes check the same and more.

    Raises:
        UserError: one line that says what is wrong and what to do.
    """
    refuse_mixed_ros()
    for spec in graph.nodes:
        _check_files(spec)
        if spec.executable == "policy_node":
            _check_policy(spec)
        if spec.executable == "bridge_node" and isinstance(options, CellOptions):
            _check_ports(spec)
        if spec.executable == "steering_node":
            listen(str(spec.parameters["host"]), int(spec.parameters["port"])).close()


def _check_files(spec: NodeSpec) -> None:
    for parameter, schema in SCHEMAS.items():
        if parameter in spec.parameters:
            load_settings(Path(str(spec.parameters[parameter])), schema)


def _check_ports(spec: NodeSpec) -> None:
    """The simulated robots will listen where the bridge looks for them."""
    for host in str(spec.parameters["host"]).split(","):
        ports = check_ports(host)
        if ports.verdict is not Verdict.OK:
            raise UserError(f"{ports.found}; {ports.advice}")


def _check_policy(spec: NodeSpec) -> None:
    """Let the policy's backend say what is wrong with its checkpoint, if it knows how to."""
    source = Path(str(spec.parameters["policy_config"]))
    config = load_policy_config(source)
    load_factory(config.backend)
    check = getattr(import_module(config.backend.partition(":")[0]), "check", None)
    if check is not None:
        checkpoint, device = (str(spec.parameters.get(name, "")) for name in ("checkpoint", "device"))
        check(backend_settings(config, source, checkpoint=checkpoint, device=device))
