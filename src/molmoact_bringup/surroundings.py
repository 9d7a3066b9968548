"""The environment in which every process of a graph lives, and whoever wants to talk to it."""

import os
import sys
from pathlib import Path
from typing import Literal

Network = Literal["local", "lan"]


def ros_variables(config: Path, network: Network) -> dict[str, str]:
    """What ROS needs: all who talk to each other must have the same.

    Args:
        config: installed config/.
        network: who may see the topics: this machine, or the LAN.
    """
    local = network == "local"
    return {
        "FASTRTPS_DEFAULT_PROFILES_FILE": str(config / "dds" / ("fastdds.xml" if local else "fastdds_lan.xml")),
        "RMW_IMPLEMENTATION": "rmw_fastrtps_cpp",
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST" if local else "SUBNET",
    }


def enter(variables: dict[str, str], prefix: Path = Path(sys.prefix)) -> None:
    """Let this process's own ROS nodes live there too, where the person set nothing else; before rclpy starts."""
    for name, value in {**variables, "AMENT_PREFIX_PATH": str(prefix)}.items():
        os.environ.setdefault(name, value)
