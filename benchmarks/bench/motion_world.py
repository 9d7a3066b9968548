"""franky-sim's arms in this process, ticked by whoever measures; notes what each was told and where it was."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from xml.etree import ElementTree as ET

import mujoco
import numpy as np
from franky_sim.franka_robot_server import FrankaRobotServer
from franky_sim.mujoco_simulator import MUJOCO_DEFAULT_KV, MujocoSimulator
from numpy.typing import NDArray

from sim_cell.lockstep import LockStep
from sim_cell.scene import DAMPING

TICK = 0.001
APART = 1.0
"""Metres between the bases of two arms."""


WALL = (0.02, 0.4, 0.5)
"""Half its thickness, width and height, metres."""
AWAY = 5.0


def _add_wall(worldbody: ET.Element, number: int) -> None:
    body = ET.SubElement(
        worldbody, "body", name=f"wall{number}", mocap="true", pos=f"{AWAY} {number * APART} {WALL[2]}"
    )
    ET.SubElement(body, "geom", name=f"wall{number}", type="box", size=" ".join(map(str, WALL)))


class Trace:
    """Positions of one arm's TCP in its base frame, one row a tick: as commanded over the wire, and as simulated."""

    def __init__(self, robot: Any) -> None:
        self._robot = robot
        self._command = np.full(3, np.nan)
        self._commanded: list[NDArray[np.float64]] = []
        self._measured: list[NDArray[np.float64]] = []
        control = robot.cartesian_position_control

        def note_and_control(target: NDArray[np.float64], *arguments: Any, **options: Any) -> None:
            self._command = np.array(target[:3])
            control(target, *arguments, **options)

        robot.cartesian_position_control = note_and_control

    def after_tick(self) -> None:
        """Note this tick."""
        self._commanded.append(self._command)
        self._command = np.full(3, np.nan)
        self._measured.append(np.array(self._robot.kinematics(np.array(self._robot.inner_state.q)).translation))

    def rows(self, first: int, last: int | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Commanded (NaN where the client commands no pose) and simulated, shape (ticks, 3), from tick `first` on."""
        return np.array(self._commanded[first:last]), np.array(self._measured[first:last])


class MotionWorld:
    """Arms at `hosts` in lock-step with their clients: a tick waits for the answers to the last.

    By itself it ticks, at real time at most, only while it is `free` or an arm stands, whose client waits for a state.

    Attributes:
        robots: franky-sim's, one a host.
        traces: of each.
        tick: so many were made.
    """

    def __init__(self, hosts: Sequence[str], home: Sequence[float]) -> None:
        self._simulator = MujocoSimulator()
        kv = tuple(DAMPING * number for number in MUJOCO_DEFAULT_KV)
        robots = [
            self._simulator.add_robot(initial_q=tuple(home), position=(0.0, i * APART, 0.0), kv=kv)
            for i in range(len(hosts))
        ]
        for i in range(len(hosts)):
            _add_wall(self._simulator.worldbody, i)
        self._simulator.init()
        self._servers = [FrankaRobotServer(robot, [host]) for robot, host in zip(robots, hosts, strict=True)]
        self._lock_step = LockStep(self._servers)
        self.robots = robots
        self.traces = [Trace(robot) for robot in robots]
        self.tick = 0
        self._free = True
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="world", daemon=True)

    def __enter__(self) -> "MotionWorld":
        for server in self._servers:
            server.init()
        self._simulator.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._thread.join(5)
        for server in self._servers:
            server.reset_state()
            server.cleanup()
        self._simulator.cleanup()

    @property
    def now_ns(self) -> int:
        """World time."""
        return self.tick * 1_000_000

    @property
    def native_id(self) -> int:
        """Of the thread that ticks by itself."""
        return self._thread.native_id or 0

    def put_walls(self, x: float | None) -> None:
        """An upright wall that nothing moves, its near side at `x` (m) of each arm's base frame; none: out of reach."""
        with self._lock:
            for i in range(len(self.robots)):
                at = AWAY if x is None else x + WALL[0]
                self._simulator.data.mocap_pos[i] = (at, i * APART, WALL[2])

    def push(self) -> float:
        """Newtons with which the arms press on their walls now; the hardest."""
        model, data = self._simulator.model, self._simulator.data
        forces = np.zeros(len(self.robots))
        walls = {int(model.geom(f"wall{i}").id): i for i in range(len(self.robots))}
        wrench = np.zeros(6)
        for number, contact in enumerate(data.contact):
            for geom in contact.geom:
                if int(geom) in walls:
                    mujoco.mj_contactForce(model, data, number, wrench)
                    forces[walls[int(geom)]] += wrench[0]
        return float(forces.max())

    def advance(self, to_tick: int, pace: float = 0.0) -> None:
        """Tick until `to_tick`, each at least `pace` wall seconds long."""
        while self.tick < to_tick:
            begin = time.monotonic()
            with self._lock:
                if self.tick < to_tick:
                    self._step()
            time.sleep(max(0.0, pace - (time.monotonic() - begin)))

    @contextmanager
    def free(self) -> Iterator[None]:
        """It ticks by itself, for calls that wait for the robot."""
        self._free = True
        try:
            yield
        finally:
            self._free = False

    def _run(self) -> None:
        while not self._closing.is_set():
            begin = time.monotonic()
            if self._free or not all(server.current_motion_id for server in self._servers):
                with self._lock:
                    self._step()
            time.sleep(max(0.0, TICK - (time.monotonic() - begin)))

    def _step(self) -> None:
        for server in self._servers:
            server.process_commands()
        self._simulator.step()
        for server, trace in zip(self._servers, self.traces, strict=True):
            trace.after_tick()
            server.send_state()
        self.tick += 1
        self._lock_step.wait_for_answers()
