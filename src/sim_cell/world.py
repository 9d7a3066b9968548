"""The running world: physics, the FCI server on it, resets and snapshots; one call is one tick of 1 ms."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
from franky_sim import FrankaRobotServer
from numpy.typing import NDArray

from molmoact_common.errors import UnreachableError
from sim_cell.lockstep import LockStep
from sim_cell.object_settings import FINGER_STROKE
from sim_cell.scene import build_physics_scene, hand_bodies
from sim_cell.settings import HAND_TCP, SceneSettings, hosts_of
from sim_cell.shared import Control, Snapshot, SnapshotRing
from sim_cell.tasks import Episode
from sim_cell.throttle import frame_number, frame_tick

SNAPSHOT_TICKS = 5
"""A snapshot every so many ticks, and at every tick at which a picture is due."""

FCI_PORT = 1337


class World:
    """The arms, a server for each, and the objects.

    Args:
        settings: the scene.
        host: address that the first arm's server binds (ports 1337 and 1338); another arm's is the next.
        lock_step: whether a tick waits for the clients' answers to the one before.
        make_episode: task name, seed -> episode, for resets that are asked for.

    Raises:
        ConfigError: the host is no address where more than one is needed.
        UnreachableError: an address or one of its ports is not to be had.
    """

    def __init__(
        self, settings: SceneSettings, host: str, *, lock_step: bool, make_episode: Callable[[str, int], Episode]
    ) -> None:
        self._settings = settings
        self._make_episode = make_episode
        scene = build_physics_scene(settings)
        self._simulator, self._robots = scene.simulator, scene.robots
        self._simulator.init()
        self._servers = _bind_all(self._robots, hosts_of(settings, host))
        self._simulator.start()
        self._lock_step = LockStep(self._servers) if lock_step else None
        self._rates = {camera.rate for camera in settings.cameras.values()}
        self.tick = 0
        self._ring: SnapshotRing | None = None

    @property
    def joints(self) -> int:
        """Length of qpos."""
        return int(self._simulator.model.nq)

    def share(self, ring: SnapshotRing) -> None:
        """Write snapshots there from now on."""
        self._ring = ring
        ring.write(self.snapshot())

    def reset(self, episode: Episode) -> None:
        """Put the objects where the episode starts, at rest; the arms stay as they are."""
        data = self._simulator.data
        for name, pose in episode.start.items():
            joint = data.joint(f"{name}_joint")
            joint.qpos[:] = np.concatenate([pose.position, np.roll(pose.quaternion, 1)])
            joint.qvel[:] = 0.0

    def obey(self, control: Control) -> None:
        """Do the reset that `control` asks for, if there is a new one."""
        number, task, seed = control.request
        if number != control.reset_done:
            self.reset(self._make_episode(task, seed))
            # Whoever sees the answer must not find a snapshot of before.
            self.step(keep=True)
            control.put(task=task, seed=seed, reset_done=number)

    def step(self, *, keep: bool = False) -> None:
        """One tick: the clients' commands in, physics, the states out, and the answers awaited.

        `keep` writes a snapshot where none is due.
        """
        for server in self._servers:
            server.process_commands()
        self._simulator.step()
        self.tick += 1
        for server in self._servers:
            server.send_state()
        if self._ring is not None and (keep or self._snapshot_due()):
            self._ring.write(self.snapshot())
        if self._lock_step is not None:
            self._lock_step.wait_for_answers()

    def snapshot(self) -> Snapshot:
        """The world now."""
        data = self._simulator.data
        return Snapshot(
            tick=self.tick,
            q=np.array([robot.inner_state.q for robot in self._robots.values()]),
            tcp=np.array([self._tcp(body) for body in hand_bodies(self._settings).values()]),
            opening=np.clip([robot.hand_width / FINGER_STROKE for robot in self._robots.values()], 0.0, 1.0),
            moving=np.array([server.current_motion_id > 0 for server in self._servers]),
            qpos=np.array(data.qpos),
            objects=np.array([self._object(data.joint(f"{name}_joint").qpos) for name in self._settings.objects]),
        )

    def close(self) -> None:
        """Free the ports."""
        for server in self._servers:
            server.reset_state()
            server.cleanup()
        self._simulator.cleanup()

    def _tcp(self, body: str) -> NDArray[np.float64]:
        """From the physics: franky-sim's own O_T_EE is the commanded pose while a Cartesian motion runs."""
        hand = self._simulator.data.body(body)
        position = hand.xpos + hand.xmat.reshape(3, 3) @ HAND_TCP
        return np.concatenate([position, np.roll(hand.xquat, -1)])

    def _snapshot_due(self) -> bool:
        due = any(self.tick == frame_tick(frame_number(self.tick, rate), rate) for rate in self._rates)
        return due or self.tick % SNAPSHOT_TICKS == 0

    @staticmethod
    def _object(qpos: NDArray[np.float64]) -> NDArray[np.float64]:
        """A free joint's position and quaternion; MuJoCo writes w first."""
        return np.concatenate([qpos[:3], np.roll(qpos[3:], -1)])


def _bind_all(robots: Mapping[str, Any], hosts: Mapping[str, str]) -> list[Any]:
    """A server for each robot; where one cannot be had, those before it give their ports back."""
    with ExitStack() as bound:
        servers = []
        for arm, robot in robots.items():
            servers.append(_bind(robot, hosts[arm]))
            bound.callback(servers[-1].cleanup)
        bound.pop_all()
    return servers


def _bind(robot: Any, host: str) -> Any:
    server = FrankaRobotServer(robot, [host])
    try:
        server.init()
    except OSError as error:
        raise UnreachableError(
            f"cannot serve the simulated arm on {host} ports {FCI_PORT} and {FCI_PORT + 1}; "
            "end the program that holds them (another cell?) or choose another --host"
        ) from error
    return server
