"""The cell as one object: reset, step by step, pictures, score; one step is one row of a chunk."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from molmoact.profile import CheckpointProfile
from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose, compose_delta
from sim_cell.inprocess.leading import Lead
from sim_cell.inprocess.reach import Reach
from sim_cell.inprocess.servo import TICK, Servo
from sim_cell.object_settings import FINGER_STROKE
from sim_cell.renderer import CellRenderer, View
from sim_cell.scoring import Score, hands_of, objects_of, score
from sim_cell.settings import SceneSettings
from sim_cell.shared import Snapshot
from sim_cell.tasks import Episode

SET_POINTS = 8
"""Set points of the joints in a step."""

SPEED_CAP, TURN_CAP = 0.25, 1.0
"""m/s and rad/s of the TCP; a row that would be faster takes longer (config/safety/default.yaml)."""

LOWER, UPPER = np.array([0.2, -0.45, 0.005]), np.array([0.75, 0.45, 0.75])
"""Box that the commanded TCP stays in, metres (config/safety/default.yaml)."""

GRIPPER_HYSTERESIS = 0.1
"""Change of opening below which the hand is told nothing (GripperConfig.hysteresis)."""


class InProcessCell:
    """One arm, its objects and cameras.

    Attributes:
        scene: the scene.
        episode: what it was reset to last.
        commanded: pose of the TCP that was commanded last, base frame.
        gripper: opening that was commanded last, 0 closed .. 1 open.
        lag: seconds that the arm is led behind its command, besides what its servos take; 0 after making, and kept
            by resets.
        seconds: since the reset.

    Args:
        scene: with one arm.
        profile: conventions of the rows; None: the arm is moved by `move` alone.
        cache: folder of compiled models for drawing; None: nothing is drawn.

    Raises:
        ConfigError: the scene has two arms, or a step of the profile is no whole number of set points.
    """

    episode: Episode

    def __init__(self, scene: SceneSettings, profile: CheckpointProfile, cache: Path | None) -> None:
        if len(scene.arms) != 1:
            raise ConfigError("the cell in process has one arm; choose another scene")
        self.scene = scene
        self._profile = profile
        self._servo = Servo(scene)
        self._reach = Reach(self._servo.model)
        self._renderer = CellRenderer(scene, cache) if cache is not None else None
        (arm,) = scene.arms.values()
        self._home = np.array(arm.home)
        self._planned = self._home
        self.commanded, self.gripper = self._reach.tcp(self._home), 1.0
        self._lead = Lead(self.commanded)
        self.lag = 0.0
        self.seconds = 0.0

    def reset(self, episode: Episode) -> None:
        """Arm at home, objects where the episode starts, at rest."""
        self.episode = episode
        self._servo.reset(episode.start)
        self._planned = self._home
        self.commanded, self.gripper = self._reach.tcp(self._home), 1.0
        self._lead = Lead(self.commanded)
        self._servo.advance(self._home, round(0.1 / TICK))
        self.seconds = 0.0

    def step(self, row: NDArray[np.float64]) -> None:
        """Make one row of a chunk, shape (7,): the delta composes on the commanded pose, as the bridge does it.

        Units are physical, as `molmoact.protocol.actions.physical` gives them: metres, radians, opening 0..1.
        """
        led = compose_delta(self.commanded, row[:6], self._profile.frame, self._profile.rotation)
        self.move(Pose(np.clip(led.position, LOWER, UPPER), led.quaternion), float(np.clip(row[6], 0.0, 1.0)))

    def move(self, target: Pose, opening: float) -> None:
        """Command a pose of the TCP (base frame) and an opening, and let a step's time pass."""
        metres, radians = self.commanded.distance_to(target)
        if abs(opening - self.gripper) >= GRIPPER_HYSTERESIS:
            self._servo.grip(opening * FINGER_STROKE)
        self._lead_over(target, max(self._profile.step_period, metres / SPEED_CAP, radians / TURN_CAP))
        self.commanded, self.gripper = target, opening

    def rest(self, seconds: float) -> None:
        """Let time pass in which nothing new is commanded."""
        self._lead_over(self.commanded, seconds)

    def _lead_over(self, target: Pose, seconds: float) -> None:
        ticks = max(round(seconds / TICK / SET_POINTS), 1)
        keep = np.exp(-ticks * TICK / self.lag) if self.lag > 0 else 0.0
        for position, quaternion in self._lead.way(self.commanded, target, SET_POINTS, float(keep)):
            self._planned = self._reach.joints(position, quaternion, self._planned)
            self._servo.advance(self._planned, ticks)
        self.seconds += ticks * SET_POINTS * TICK

    def render(self) -> Mapping[str, View]:
        """Camera name -> what it sees now.

        Raises:
            ConfigError: the cell was made without drawing.
        """
        if self._renderer is None:
            raise ConfigError("this cell draws nothing; make it with a folder for compiled models")
        return self._renderer.render(self._servo.data.qpos)

    def snapshot(self) -> Snapshot:
        """The state now, as the cell's other parts know it."""
        servo = self._servo
        return Snapshot(
            tick=round(self.seconds * 1000),
            q=servo.joints[None],
            tcp=servo.tcp[None],
            opening=np.array([servo.opening]),
            moving=np.array([True]),
            qpos=np.array(servo.data.qpos),
            objects=servo.objects,
        )

    def score(self) -> Score:
        """How far the episode's goal is fulfilled now."""
        now = self.snapshot()
        return score(self.episode, self.scene, objects_of(self.scene, now), hands_of(self.scene, now))

    def close(self) -> None:
        """Free what drawing holds."""
        if self._renderer is not None:
            self._renderer.close()
