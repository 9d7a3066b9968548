"""What a person may choose when bringing up a graph: one schema for the command line and for launch arguments."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from molmoact_bringup.surroundings import Network
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import Settings


class GraphOptions(Settings):
    """Choices that every graph has. Names of files in config/ may also be paths of YAML files elsewhere."""

    policy: str = Field(description="policy: a name in config/policy, or a YAML file")
    checkpoint: str = Field("", description="folder of the checkpoint, in place of the one that the policy names")
    device: Literal["auto", "cpu", "cuda"] | None = Field(
        None, description="where the model runs (default: the policy's own)"
    )
    execution: Literal["open_loop", "async"] | None = Field(
        None, description="finish each chunk and look again, or ask for the next meanwhile (default: the policy's own)"
    )
    instruction: str = Field("", description="what the robot shall do, as a person would say it")
    robot: str = Field(description="robot: a name in config/robots, or a YAML file")
    safety: str = Field("default", description="limits: a name in config/safety, or a YAML file")
    dry_run: bool = Field(False, description="compute and publish every command, but send none")
    record: bool = Field(True, description="record a bag of the run")
    recording: str = Field("default", description="what is recorded: a name in config/recording, or a YAML file")
    takes: str = Field(
        "", description="folder for takes that are ordered on the steering page, in place of one bag of the run"
    )
    namespace: str = Field("", description="ROS namespace of every node", pattern=r"^(/?[A-Za-z]\w*)*$")
    network: Network = Field("local", description="who may see the topics: this machine, or the LAN")
    threads: int = Field(1, ge=1, le=256, description="CPU threads of the policy")
    ui: bool = Field(False, description="serve the steering page; its address is printed")
    approve: bool = Field(False, description="each chunk waits for a person's yes on the steering page")
    ui_host: str = Field("127.0.0.1", description="address on which the page is served; 0.0.0.0: every interface")
    ui_port: int = Field(8765, ge=1, le=65535, description="port of the page")


class CellOptions(GraphOptions):
    """The simulated cell: no robot, no camera and no GPU is needed."""

    cell: str = Field(
        "solo", description="scene: a name in config/cell, or a YAML file; robot, task and recording follow from it"
    )
    policy: str = Field("expert", description="policy: a name in config/policy, or a YAML file")
    robot: str = Field("", description="robot: a name in config/robots, or a YAML file (default: the scene's)")
    robot_host: str = Field(
        "127.0.0.1", description="loopback address on which the simulated robot listens; a second one takes the next"
    )
    task: str = Field("", description="what is to be done: a name in config/tasks (default: the scene's)")
    recording: str = Field("", description="what is recorded: a name in config/recording (default: the scene's)")
    seed: int = Field(0, ge=0, description="where the objects lie at the start")
    time: Literal["lockstep", "realtime"] = Field(
        "lockstep", description="the world waits for the policy, or runs on like the real one"
    )
    virtual_latency: float = Field(
        0.3, ge=0, le=10, description="seconds of world time that an answer takes in lock-step, however slow the CPU"
    )


class SingleArmOptions(GraphOptions):
    """One real Franka arm with a front and a wrist RealSense camera."""

    policy: str = Field("molmoact_7b_d", description="policy: a name in config/policy, or a YAML file")
    robot: str = Field("fr3", description="robot: a name in config/robots, or a YAML file")
    robot_host: str = Field("", description="address of the robot, in place of the one in the robot's file")
    front_camera: str = Field("d435_front", description="front camera: a name in config/cameras, or a YAML file")
    front_serial: str = Field("", description="serial number of the front camera, in place of the one in its file")
    wrist_camera: str = Field("d405_wrist", description="wrist camera: a name in config/cameras, or a YAML file")
    wrist_serial: str = Field("", description="serial number of the wrist camera, in place of the one in its file")
    threads: int = Field(4, ge=1, le=256, description="CPU threads of the policy")


class DuoOptions(GraphOptions):
    """Two real Franka arms with a front and two wrist RealSense cameras."""

    policy: str = Field("molmoact_duo", description="policy: a name in config/policy, or a YAML file")
    robot: str = Field("duo", description="robot: a name in config/robots, or a YAML file")
    recording: str = Field("duo", description="what is recorded: a name in config/recording, or a YAML file")
    left_host: str = Field("", description="address of the left arm, in place of the one in the robot's file")
    right_host: str = Field("", description="address of the right arm, in place of the one in the robot's file")
    front_camera: str = Field("d435_front", description="front camera: a name in config/cameras, or a YAML file")
    front_serial: str = Field("", description="serial number of the front camera, in place of the one in its file")
    wrist_camera: str = Field("d405_wrist", description="both wrist cameras: a name in config/cameras, or a YAML file")
    left_serial: str = Field("", description="serial number of the left arm's wrist camera")
    right_serial: str = Field("", description="serial number of the right arm's wrist camera")
    threads: int = Field(4, ge=1, le=256, description="CPU threads of the policy")


class PageOptions(Settings):
    """The steering page beside a graph that runs already: it shows, steers and stops, but approves no chunks."""

    arms: str = Field("arm", description="arms in the order of the bridge's, separated by commas")
    cameras: str = Field("front,wrist", description="cameras, the one with the trace first")
    ui_host: str = Field("127.0.0.1", description="address on which the page is served; 0.0.0.0: every interface")
    ui_port: int = Field(8765, ge=1, le=65535, description="port of the page")
    namespace: str = Field("", description="ROS namespace of the graph", pattern=r"^(/?[A-Za-z]\w*)*$")
    network: Network = Field("local", description="as the graph was brought up with")
    use_sim_time: bool = Field(False, description="the graph is a simulated cell")


def config_file(config: Path, kind: str, name: str) -> Path:
    """The YAML file that `name` means: a file's path, or a name in `config`/`kind`.

    Raises:
        ConfigError: there is no such file; the line lists the names that there are.
    """
    given = Path(name).expanduser()
    if given.suffix in {".yaml", ".yml"}:
        if not given.is_file():
            raise ConfigError(f"no file {name}; give a YAML file, or a name in {config / kind}")
        return given.resolve()
    path = config / kind / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in (config / kind).glob("*.yaml"))) or "none installed"
        raise ConfigError(f"no {kind} configuration {name!r}; there are: {known}; or give the path of a YAML file")
    return path
