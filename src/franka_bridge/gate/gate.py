"""The gate as a whole: the order of its checks, and how often each one had to act."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from franka_bridge.gate.arm_checks import Wrench
from franka_bridge.gate.checks import ArmCheck, Check, Measured, Situation, TargetCheck, TogetherCheck
from franka_bridge.gate.chunk_checks import Age, Anchor, Arrival, ChunkCheck, Finite, RowSize, Shape
from franka_bridge.gate.chunk_checks import Sequence as InSequence
from franka_bridge.gate.joint_checks import JointRange, JointSpeed, Reach, Singularity
from franka_bridge.gate.judging import Judgement, Judging
from franka_bridge.gate.target_checks import Braking, GripperRange, Leash, StepCap, TablePlane, Workspace
from franka_bridge.gate.together_checks import ArmsApart
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Targets
from molmoact_common.chunks import Chunk
from molmoact_common.poses import Pose


@dataclass(frozen=True, slots=True)
class Checks:
    """What a gate consists of, in the order in which it looks.

    Attributes:
        chunk: of a chunk as a whole; the first that objects refuses it.
        arm: of what each arm feels, every control cycle; the first that objects ends the chunk under way.
        target: of each arm's next target, in stages: within one all checks look, and where they stretch, the part of
            the way that is left of the step is looked at again. So what goes on to the next stage can be reached in one
            step, and what comes out of the last has passed every check as it is.
        together: of all arms' targets.
    """

    chunk: Sequence[ChunkCheck]
    arm: Sequence[ArmCheck] = ()
    target: Sequence[Sequence[TargetCheck]] = ()
    together: Sequence[TogetherCheck] = ()

    def of_motion(self) -> list[Check]:
        """All but those of chunks."""
        return [*self.arm, *chain.from_iterable(self.target), *self.together]


class Gate:
    """All checks, and how often each had to act."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        names = [check.name for check in checks.chunk] + [check.name for check in checks.of_motion()]
        self.counts: Counter[str] = Counter(dict.fromkeys(names, 0))

    @property
    def figures(self) -> dict[str, str]:
        """Limit of each check of motion, to read."""
        return {check.name: f"{check.action}: {check.figure}" for check in self._checks.of_motion()}

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """Why the chunk is refused, "check: reason"; empty: it may enter."""
        for check in self._checks.chunk:
            why = check.refusal(chunk, arrival)
            if why:
                self.counts[check.name] += 1
                return f"{check.name}: the chunk {why}"
        return ""

    def objection(self, measured: Mapping[str, Measured]) -> str:
        """Why no arm may go on, "check: arm reason"; empty: they may."""
        for check in self._checks.arm:
            for arm, one in measured.items():
                why = check.objection(one)
                if why:
                    self.counts[check.name] += 1
                    return f"{check.name}: {arm} {why}"
        return ""

    def judge(self, targets: Targets, situations: Mapping[str, Situation]) -> Judgement:
        """Pass the next row through every check, in order."""
        row = Judging(targets, situations)
        for checks in self._checks.target:
            if not row.over:
                row.stage(checks)
        for check in self._checks.together:
            if not row.over and (why := check.objection(situations, row.targets)):
                row.touched[check.name] = None
                row.refusal = f"{check.name}: {why}"
        self.counts.update(row.touched.keys())
        return row.judgement()


def make_gate(
    safety: SafetyConfig, arms: tuple[str, ...], *, leash: bool = True, bases: Mapping[str, Pose] | None = None
) -> Gate:
    """The gate of a bridge.

    Args:
        safety: the figures.
        arms: names, in the order of a chunk's columns.
        leash: off in a dry run, where the commanded pose leaves the arm behind.
        bases: where each arm's base stands in the world; the arms are kept apart where there are two.
    """
    lower, upper = np.array(safety.workspace_lower), np.array(safety.workspace_upper)
    floor = safety.table_height + safety.table_clearance
    caps = StepCap(safety.speed_cap, safety.turn_cap)
    lowest = np.array([lower[0], lower[1], max(lower[2], floor)])
    stages: list[list[TargetCheck]] = [
        [Leash(safety.leash_translation, safety.leash_rotation)] if leash else [],
        [GripperRange(), Workspace(lower, upper), TablePlane(floor)],
        [caps, Braking(lowest, upper, safety.braking)],
        [
            Reach(),
            JointRange(safety.joint_margin),
            Singularity(caps, safety.singularity_slow, safety.singularity_stop),
            JointSpeed(safety.joint_speed),
        ],
    ]
    together = [ArmsApart(bases, safety.arms_apart)] if bases is not None and len(bases) > 1 else []
    return Gate(
        Checks(
            chunk=[
                Shape(arms),
                Finite(),
                InSequence(),
                Age(safety.max_age_holding, safety.max_age_running),
                Anchor(),
                RowSize(safety.max_row_translation, safety.max_row_rotation),
            ],
            arm=[Wrench(safety.wrench_force, safety.wrench_torque)],
            target=stages,
            together=together,
        )
    )
