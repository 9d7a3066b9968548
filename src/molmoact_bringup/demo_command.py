"""`molmoact demo` on the command line; what it does is in demo.py."""

from pathlib import Path

from molmoact_bringup.cli_options import command_with_options
from molmoact_bringup.demo_options import DemoOptions
from molmoact_bringup.up_command import RUNS


def _demo(options: DemoOptions, runs: Path) -> None:
    """See, think and act in the simulated cell; no robot, camera, GPU or account is needed.

    Leaves runs/<time>/ with the bag, report.html, report.png and the logs of every process.

    Example: molmoact demo --policy expert --seeds 0:10, or with two arms: molmoact demo --cell duo
    """
    from molmoact_bringup.demo import demo  # noqa: PLC0415  torch and ROS take seconds to load

    demo(options, runs)


demo_command = command_with_options(DemoOptions, _demo, runs=RUNS)
