"""Motions that operators ask for, made into chunks that a bridge can anchor; no ROS, no device, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from demo_recorder.teleop.devices import ArmView
from demo_recorder.teleop.hand import Motion
from demo_recorder.teleop.settings import TeleopSettings
from molmoact_common.chunks import DOF_PER_ARM, Chunk
from molmoact_common.poses import DeltaFrame, RotationConvention
from molmoact_common.ros.stamps import NANOSECONDS

MODEL = "teleoperation"
GRIPPER = 6


@dataclass(frozen=True, slots=True)
class _Sent:
    """The newest chunk, and whether its last row moves anything."""

    chunk: Chunk
    moves: bool

    def row(self, step: int) -> NDArray[np.float64] | None:
        """What it makes the step after `step` steps."""
        index = step - self.chunk.command_step
        return self.chunk.deltas[index] if 0 <= index < len(self.chunk.deltas) else None


@dataclass(slots=True)
class Teleoperator:
    """Sends a chunk for each step that the bridge makes, and one that stops as soon as nothing is asked for.

    No input, no chunk. When the operator lets go while a step is under way, that step is the last; only where less
    than `lead` of it is left, one more is made. When nothing comes any more (a dead process, a broken network), the
    arm makes what is left of the newest chunk: `rows` steps at most.
    """

    settings: TeleopSettings
    _sent: _Sent | None = None
    _sequence: int = 0
    _step: int = -1
    _step_ns: int = 0
    _openings: dict[str, float] = field(default_factory=dict)

    def plan(self, motions: Mapping[str, Motion], views: Mapping[str, ArmView]) -> Chunk | None:
        """The chunk to send now; None: none.

        Args:
            motions: arm -> what is asked of it; an arm that is not there shall stand.
            views: arm -> newest state, of every arm.
        """
        if set(self.settings.arms) - set(views) or not all(view.following for view in views.values()):
            self._forget()
            return None
        now_ns = max(view.stamp_ns for view in views.values())
        step = max(view.command_step for view in views.values())
        stepped = self._follow(step, now_ns)
        wish = self._wish(motions, views)
        moves = self._moves(wish, views)
        running = any(view.running for view in views.values())
        if not self._due(moves, stepped, running, now_ns):
            return None
        return self._send(wish, moves, running, step, now_ns)

    def _forget(self) -> None:
        self._sent = None
        self._openings.clear()

    def _follow(self, step: int, now_ns: int) -> bool:
        """Whether the bridge has made a step since the last look."""
        if now_ns < self._step_ns:  # a clock set back
            self._forget()
        stepped = step != self._step or now_ns < self._step_ns
        if stepped:
            self._step, self._step_ns = step, now_ns
        return stepped

    def _wish(self, motions: Mapping[str, Motion], views: Mapping[str, ArmView]) -> NDArray[np.float64]:
        """One row, as a chunk has it."""
        row = np.zeros(DOF_PER_ARM * len(self.settings.arms))
        for number, arm in enumerate(self.settings.arms):
            motion = motions.get(arm)
            part = row[number * DOF_PER_ARM :][:DOF_PER_ARM]
            if motion is not None:
                part[:3] = motion.translation * self.settings.step_period
                part[3:6] = motion.rotation * self.settings.step_period
                if motion.gripper is not None:
                    self._openings[arm] = motion.gripper
            part[GRIPPER] = self._openings.get(arm, views[arm].gripper_commanded)
        return row

    def _moves(self, row: NDArray[np.float64], views: Mapping[str, ArmView]) -> bool:
        """Whether the row asks for anything that is not so already."""
        per_arm = row.reshape(-1, DOF_PER_ARM)
        openings = [views[arm].gripper_commanded for arm in self.settings.arms]
        return bool(per_arm[:, :GRIPPER].any() or not np.allclose(per_arm[:, GRIPPER], openings))

    def _due(self, moves: bool, stepped: bool, running: bool, now_ns: int) -> bool:
        if self._sent is None:
            return moves
        if not moves:
            return self._sent.moves  # once, to stop
        waited_ns = now_ns - self._sent.chunk.observation_ns
        return stepped or not self._sent.moves or (not running and waited_ns >= self._period_ns)

    @property
    def _period_ns(self) -> int:
        return round(self.settings.step_period * NANOSECONDS)

    def _send(self, wish: NDArray[np.float64], moves: bool, running: bool, step: int, now_ns: int) -> Chunk:
        rows = [wish] * self.settings.rows
        perhaps_made = self._perhaps_made(running, step, now_ns)
        if perhaps_made is not None:
            rows = [perhaps_made, *rows[:-1]]
        self._sequence = max(self._sequence + 1, now_ns // 1_000_000)
        chunk = Chunk(
            sequence=self._sequence,
            observation_ns=now_ns,
            command_step=step,
            arms=self.settings.arms,
            deltas=np.array(rows),
            step_period=self.settings.step_period,
            frame=DeltaFrame.BASE,
            rotation=RotationConvention.ROTATION_VECTOR,
            model=MODEL,
        )
        self._sent = _Sent(chunk, moves)
        return chunk

    def _perhaps_made(self, running: bool, step: int, now_ns: int) -> NDArray[np.float64] | None:
        """The row of the newest chunk that the bridge may have made by the time the next one comes; None: none.

        The next chunk begins with it, or it would lead the arm back by what was made meanwhile.
        """
        if self._sent is None:
            return None
        lead_ns = self.settings.lead * NANOSECONDS
        if running:
            soon = self._step_ns + self._period_ns - now_ns < lead_ns
        else:  # sent, and not seen to be followed yet; after a while it never will be
            soon = now_ns - self._sent.chunk.observation_ns < self._period_ns + lead_ns
        return self._sent.row(step) if soon else None
