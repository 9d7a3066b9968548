"""Running a node as a process: clean start, clean end, and one line instead of a traceback for a person's mistake."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rclpy
from rclpy._rclpy_pybind11 import RCLError
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor, SingleThreadedExecutor
from rclpy.node import Node

from molmoact_common.errors import UserError


def ensure_ament_prefix() -> None:
    """Default AMENT_PREFIX_PATH to this environment: a pip install is an ament prefix that nobody sourced."""
    os.environ.setdefault("AMENT_PREFIX_PATH", sys.prefix)


def share_directory() -> Path:
    """Where launch/ and config/ were installed."""
    from ament_index_python.packages import get_package_share_directory  # noqa: PLC0415  needs the prefix first

    ensure_ament_prefix()
    return Path(get_package_share_directory("molmoact_ros"))


def run_node(make_node: Callable[[], Node], threads: int = 2) -> int:
    """Spin one node until SIGINT, SIGTERM or shutdown; the exit code of the process.

    `make_node` may raise UserError: its line goes to stderr. A node with a `close` method is closed before it is
    destroyed, whatever ended the spin.
    """
    ensure_ament_prefix()
    rclpy.init()
    node: Any = None
    try:
        node = make_node()
        executor = MultiThreadedExecutor(num_threads=threads) if threads > 1 else SingleThreadedExecutor()
        executor.add_node(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except RCLError:
        # A signal that comes while the node is being made leaves it a context that is no longer valid.
        if rclpy.ok():
            raise
        return 0
    finally:
        if node is not None:
            if hasattr(node, "close"):
                node.close()
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
