"""The running world: physics, the FCI server on it, resets and snapshots; one call is one tick of 1 ms."""

from collections.abc import Callable
from typing import Any

import numpy as np
from franky_sim import FrankaRobotServer
from numpy.typing import NDArray

from molmoact_common.errors import UnreachableError
from sim_cell.lockstep import LockStep
from sim_cell.scene import HAND_BODY, build_physics_scene
from sim_cell.settings import FINGER_STROKE, HAND_TCP, SceneSettings
from sim_cell.shared import Control, Snapshot, SnapshotRing
from sim_cell.tasks import Episode
from sim_cell.throttle import frame_number, frame_tick

SNAPSHOT_TICKS = 5
"""A snapshot every so many ticks, and at every tick at which a picture is due."""

FCI_PORT = 1337


class World:
    """One arm, its server and the objects.

    Args:
        settings: the scene.
        host: address that the arm's server binds (ports 1337 and 1338).
        lock_step: whether a tick waits for the client's answer to the one before.
        make_episode: task name, seed -> episode, for resets that are asked for.

    Raises:
        UnreachableError: the address or one of its ports is not to be had.
    """

    def __init__(
        self, settings: SceneSettings, host: str, *, lock_step: bool, make_episode: Callable[[str, int], Episode]
    ) -> None:
        self._settings = settings
        self._make_episode = make_episode
        scene = build_physics_scene(settings)
        self._simulator, self._robot = scene.simulator, scene.robot
        self._simulator.init()
        self._server = _bind(self._robot, host)
        self._simulator.start()
        self._lock_step = LockStep(self._server) if lock_step else None
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
        """Put the blocks where the episode starts, at rest; the arm stays as it is."""
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
        """One tick: the client's commands in, physics, the state out, and its answer awaited.

        `keep` writes a snapshot where none is due.
        """
        self._server.process_commands()
        self._simulator.step()
        self.tick += 1
        self._server.send_state()
        if self._ring is not None and (keep or self._snapshot_due()):
            self._ring.write(self.snapshot())
        if self._lock_step is not None:
            self._lock_step.wait_for_answer()

    def snapshot(self) -> Snapshot:
        """The world now."""
        data = self._simulator.data
        return Snapshot(
            tick=self.tick,
            q=np.array(self._robot.inner_state.q),
            tcp=self._tcp(),
            opening=float(np.clip(self._robot.hand_width / FINGER_STROKE, 0.0, 1.0)),
            moving=self._server.current_motion_id > 0,
            qpos=np.array(data.qpos),
            objects=np.array([self._object(data.joint(f"{name}_joint").qpos) for name in self._settings.blocks]),
        )

    def close(self) -> None:
        """Free the ports."""
        self._server.reset_state()
        self._server.cleanup()
        self._simulator.cleanup()

    def _tcp(self) -> NDArray[np.float64]:
        """From the physics: franky-sim's own O_T_EE is the commanded pose while a Cartesian motion runs."""
        hand = self._simulator.data.body(HAND_BODY)
        position = hand.xpos + hand.xmat.reshape(3, 3) @ HAND_TCP
        return np.concatenate([position, np.roll(hand.xquat, -1)])

    def _snapshot_due(self) -> bool:
        due = any(self.tick == frame_tick(frame_number(self.tick, rate), rate) for rate in self._rates)
        return due or self.tick % SNAPSHOT_TICKS == 0

    @staticmethod
    def _object(qpos: NDArray[np.float64]) -> NDArray[np.float64]:
        """A free joint's position and quaternion; MuJoCo writes w first."""
        return np.concatenate([qpos[:3], np.roll(qpos[3:], -1)])


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
