"""Executable `cell_world`: runs the world until SIGTERM or SIGINT; holds it back as the pacer and the renderer need."""

import argparse
import sys
import time
from pathlib import Path

from molmoact_common.errors import UserError
from sim_cell.cell_files import write_cell_files
from sim_cell.settings import load_scene
from sim_cell.shared import Control, SnapshotRing
from sim_cell.signals import exit_on_signals
from sim_cell.throttle import Throttle, is_held
from sim_cell.world import World

POLL = 0.001
"""Longest sleep of a waiting world, wall seconds: how late a released hold may be seen."""

REALTIME_BACKLOG = 0.1
"""In real time up to 100 ms are caught up, as a robot would; in lock-step time just passes."""


def main(arguments: list[str] | None = None) -> int:
    """Run; the exit code is 0 after a signal and 2 after a mistake that one line on stderr explains."""
    options = _parser().parse_known_args(arguments)[0]
    exit_on_signals()
    try:
        return _run(options)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The simulated cell's physics and its arms' control interfaces.")
    parser.add_argument(
        "--cell-dir", type=Path, required=True, help="scratch directory that the cell's processes share"
    )
    parser.add_argument("--config", type=Path, help="folder with cell/ and tasks/ (default: as installed)")
    parser.add_argument("--scene", type=Path, help="the scene's YAML file (default: cell/solo.yaml of --config)")
    parser.add_argument("--task", help="a name in tasks/ (default: the scene's)")
    parser.add_argument("--seed", type=int, default=0, help="placement of the objects")
    parser.add_argument("--mode", choices=("lockstep", "realtime"), default="lockstep")
    parser.add_argument("--rate", type=float, default=1.0, help="world seconds a wall second, at most; 0: no limit")
    parser.add_argument("--host", default="127.0.0.1", help="address of the simulated arm; a second one's is the next")
    return parser


def _run(options: argparse.Namespace) -> int:
    config = options.config or _installed_config()
    scene = load_scene(options.scene or config / "cell" / "solo.yaml")
    files = write_cell_files(options.cell_dir, scene, config / "tasks")
    first = files.episode(options.task or scene.defaults.task, options.seed)
    world = World(files.scene, options.host, lock_step=options.mode == "lockstep", make_episode=files.episode)
    try:
        world.reset(first)
        # The control block comes last: its presence tells the other processes that all is there.
        world.share(SnapshotRing.create(options.cell_dir, world.joints, len(scene.objects), arms=len(scene.arms)))
        control = Control.create(options.cell_dir)
        control.put(task=first.task, seed=first.seed)
        backlog = REALTIME_BACKLOG if options.mode == "realtime" else Throttle().backlog
        rate = min(camera.rate for camera in scene.cameras.values())
        try:
            _loop(world, control, Throttle(options.rate, backlog), rate if options.mode == "lockstep" else None)
        finally:
            control.put(stop=1)
    finally:
        world.close()
    return 0


def _installed_config() -> Path:
    """Imported late: with --config given, this process needs no ROS."""
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415

    return share_directory() / "config"


def _loop(world: World, control: Control, throttle: Throttle, frame_rate: float | None) -> None:
    """Tick until stopped; `frame_rate` None: real time, which waits for nobody."""
    while not control.stop:
        held = frame_rate is not None and is_held(world.tick, control.hold_tick, control.rendered_tick, frame_rate)
        wait = throttle.wait(time.monotonic(), held=held)
        if wait > 0:
            time.sleep(min(wait, POLL))
            continue
        throttle.ticked(time.monotonic())
        world.obey(control)
        world.step()
        control.put(tick=world.tick)


if __name__ == "__main__":
    sys.exit(main())
