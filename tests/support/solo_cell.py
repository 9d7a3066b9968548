"""The expert, the world and the real franky client, without ROS; `python tests/support/solo_cell.py 0 10` tries ten."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import franky
import numpy as np

from molmoact_common.poses import DeltaFrame, Pose, RotationConvention, compose_delta
from sim_cell.cell_files import CellFiles
from sim_cell.expert import State
from sim_cell.orders import order_for
from sim_cell.scoring import Score, hands_of, objects_of, score
from sim_cell.shared import Control, SnapshotRing, attach
from sim_cell.teamwork import plan_chunk

CONFIG = Path(__file__).resolve().parents[2] / "config"
RATE = 15
STEPS = 8
LONGEST = 40 * RATE
DYNAMICS = 0.2


@dataclass
class Cell:
    """A running world."""

    folder: Path
    process: subprocess.Popen[bytes]
    control: Control
    ring: SnapshotRing
    files: CellFiles

    def wait_tick(self, tick: float) -> None:
        """Until the world is there; a world that has ended fails the test instead of hanging it."""
        while self.control.tick < tick:
            if self.process.poll() is not None:
                raise RuntimeError("the world has ended")
            time.sleep(0.0005)


def world_command(*arguments: str) -> list[str]:
    """Command line of cell_world; a later argument wins."""
    return [sys.executable, "-m", "sim_cell.world_main", "--config", str(CONFIG), *arguments]


@contextmanager
def running_world(cell_dir: Path, host: str, *arguments: str) -> Iterator[Cell]:
    """cell_world in a process of its own."""
    process = subprocess.Popen(world_command("--cell-dir", str(cell_dir), "--host", host, *arguments))
    try:
        control, ring = attach(cell_dir, 30)
        yield Cell(cell_dir, process, control, ring, CellFiles(cell_dir))
    finally:
        process.terminate()
        process.wait(10)


Target = tuple[Pose, float]
"""Commanded pose and gripper opening."""

Step = tuple[Target, Target, float]
"""Commanded before a step, commanded by it, and the measured opening when it was commanded."""


class Arm:
    """Real client: absolute targets that preempt each other; the gripper on a thread of its own."""

    def __init__(self, host: str, home: list[float]) -> None:
        self.robot = franky.Robot(host, realtime_config=franky.RealtimeConfig.Ignore)
        self.robot.relative_dynamics_factor = DYNAMICS
        self.robot.translation_acceleration_limit.set(9.0)
        self.robot.translation_jerk_limit.set(4500.0)
        self.gripper = franky.Gripper(host)
        self.home = home
        self._wanted = 1.0
        self._changed = threading.Event()
        self._open = True
        self._worker = threading.Thread(target=self._work)
        self._worker.start()

    def __enter__(self) -> "Arm":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def go_home(self) -> Pose:
        self.grip(1.0)
        self.robot.join_motion()
        self.robot.move(franky.JointMotion(self.home))
        pose = self.robot.current_pose.end_effector_pose
        return Pose(np.array(pose.translation), np.array(pose.quaternion))

    def follow(self, target: Pose, opening: float) -> None:
        affine = franky.Affine(target.position, target.quaternion)
        self.robot.move(franky.CartesianMotion(affine), asynchronous=True)
        self.grip(opening)

    def grip(self, opening: float) -> None:
        if opening != self._wanted:
            self._wanted = opening
            self._changed.set()

    def _work(self) -> None:
        while self._changed.wait():
            self._changed.clear()
            if not self._open:
                return
            try:
                if self._wanted < 0.5:
                    self.gripper.grasp(0.0, 0.1, 30.0, 0.08, 0.08)
                else:
                    self.gripper.move(0.08, 0.1)
            except franky.NetworkException:
                return

    def close(self) -> None:
        self.robot.join_motion()
        self._open = False
        self._changed.set()
        self._worker.join()


def begin(cell: Cell, arm: Arm, task: str, seed: int) -> Pose:
    """Arm at home, objects in their places; the pose that the arm was sent to."""
    commanded = arm.go_home()
    number = cell.control.ask_reset(task, seed)
    cell.wait_tick(cell.control.tick + 500)
    assert cell.control.reset_done == number
    return commanded


def solve(cell: Cell, arm: Arm, task: str, seed: int, made: list[Step] | None = None) -> tuple[Score, int]:
    """One episode in open-loop chunks of 8 steps; the score at its end and the steps that it took.

    `made` takes, for each step, the commanded pose and gripper before it, those after it, and the measured opening.
    """
    commanded, gripper = begin(cell, arm, task, seed), 1.0
    episode, scene = cell.files.episode(task, seed), cell.files.scene
    start, now = cell.control.tick, Score(False, 0.0)
    for first in range(0, LONGEST, STEPS):
        snapshot = cell.ring.newest()
        assert snapshot is not None
        hand = hands_of(scene, snapshot)["arm"]
        now = score(episode, scene, objects_of(scene, snapshot), {"arm": hand})
        if now.success:
            return now, first
        order = order_for(episode, scene, episode.instruction, snapshot)
        assert not isinstance(order, str), order
        state = State(commanded, hand.tcp.position, gripper, hand.opening, order.places["arm"])
        for step, row in enumerate(plan_chunk({"arm": state}, order.job, STEPS)):
            cell.wait_tick(start + (first + step) * 1000 / RATE)
            before = commanded, gripper
            commanded = compose_delta(commanded, row[:6], DeltaFrame.BASE, RotationConvention.ROTATION_VECTOR)
            gripper = float(row[6])
            arm.follow(commanded, gripper)
            if made is not None:
                made.append((before, (commanded, gripper), opening_of(cell)))
    return now, LONGEST


def play(cell: Cell, arm: Arm, task: str, seed: int, rows: np.ndarray) -> tuple[Score, Pose]:
    """Rows of a chunk, all in one go, from the episode's start; the score at the end and the last commanded pose."""
    commanded, start = begin(cell, arm, task, seed), cell.control.tick
    for step, row in enumerate(rows):
        cell.wait_tick(start + step * 1000 / RATE)
        commanded = compose_delta(commanded, row[:6], DeltaFrame.BASE, RotationConvention.ROTATION_VECTOR)
        arm.follow(commanded, float(row[6]))
    cell.wait_tick(start + len(rows) * 1000 / RATE + 1000)
    snapshot = cell.ring.newest()
    assert snapshot is not None
    scene = cell.files.scene
    hand = hands_of(scene, snapshot)["arm"]
    return score(cell.files.episode(task, seed), scene, objects_of(scene, snapshot), {"arm": hand}), commanded


def opening_of(cell: Cell) -> float:
    """Measured opening of the gripper, 0..1."""
    snapshot = cell.ring.newest()
    assert snapshot is not None
    return hands_of(cell.files.scene, snapshot)["arm"].opening


def main(first: int, last: int, host: str = "127.0.64.1") -> None:
    """Print one line a seed."""
    with (
        TemporaryDirectory() as scratch,
        running_world(Path(scratch), host) as cell,
        Arm(host, list(cell.files.scene.arms["arm"].home)) as arm,
    ):
        solved = 0
        for seed in range(first, last):
            began, tick = time.monotonic(), cell.control.tick
            result, steps = solve(cell, arm, "put_block_in_tray", seed)
            factor = (cell.control.tick - tick) / 1000 / (time.monotonic() - began)
            solved += result.success
            sys.stdout.write(f"seed {seed}: {result} after {steps} steps, real-time factor {factor:.3f}\n")
        sys.stdout.write(f"{solved} of {last - first}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
