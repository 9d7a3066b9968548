"""A row on its way through the gate: stage by stage, cut to what one step allows, until something ends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from franka_bridge.gate.checks import WHOLE, Situation, TargetCheck
from franka_bridge.targets import Target, Targets, part_way

_ROUNDS = 8
"""Times that a step is made shorter before it is given up; one is enough where speed goes with length, two near an end
of a joint's range."""
_SHORTER = 0.999
"""Share of what would just do, so that a bound that is not quite in proportion to the length is met all the same."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate makes of the next row.

    Attributes:
        targets: where the arms may go in one step.
        whole: whether that is all of the row; else a part of the way to it.
        wait: nothing may be commanded now.
        refusal: why the row may not be commanded, "check: arm reason"; empty: it may.
        touched: names of the checks that acted.
    """

    targets: Targets
    whole: bool = True
    wait: bool = False
    refusal: str = ""
    touched: tuple[str, ...] = ()


@dataclass(slots=True)
class Judging:
    """A row on its way through the stages."""

    targets: Targets
    situations: Mapping[str, Situation]
    whole: bool = True
    wait: bool = False
    refusal: str = ""
    stretch: float = 1.0
    touched: dict[str, None] = field(default_factory=dict)  # a set that keeps the order

    @property
    def over(self) -> bool:
        """Whether there is nothing left to look at."""
        return self.wait or self.refusal != ""

    def stage(self, checks: Sequence[TargetCheck]) -> None:
        """Let `checks` look until what is left of the step needs no stretching."""
        for _ in range(_ROUNDS):
            self.look(checks)
            if self.over or self.stretch <= WHOLE:
                return
            self.cut()
        self.refusal = f"{checks[-1].name}: no part of the step is slow enough"

    def look(self, checks: Sequence[TargetCheck]) -> None:
        """Each check at each arm's target, until one of them ends it."""
        self.stretch, targets = 1.0, dict(self.targets)
        for check in checks:
            for arm, situation in self.situations.items():
                outcome = check(targets[arm], situation)
                targets[arm] = outcome.target
                self.stretch = max(self.stretch, outcome.stretch)
                self.wait |= outcome.wait
                if outcome.touched:
                    self.touched[check.name] = None
                if outcome.refusal:
                    self.refusal = f"{check.name}: {arm} {outcome.refusal}"
                    return
        self.targets = targets

    def cut(self) -> None:
        """Only the part of the way that one step allows; the grippers have theirs with the whole."""
        share = (1.0 if self.whole else _SHORTER) / self.stretch
        self.whole = False
        before = {arm: situation.commanded for arm, situation in self.situations.items()}
        self.targets = {
            arm: Target(part_way(before[arm].pose, target.pose, share), before[arm].opening)
            for arm, target in self.targets.items()
        }

    def judgement(self) -> Judgement:
        """What has come of it."""
        return Judgement(self.targets, self.whole, self.wait, self.refusal, tuple(self.touched))
