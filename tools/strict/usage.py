"""How much of each limit the commands used, which a robot that only says yes or no does not tell."""

from collections.abc import Sequence
from typing import Any

from franka_sim.limits.checker import MotionLimitChecker, Violation


class Usage:
    """The largest share of each limit so far; 1: just at it."""

    def __init__(self) -> None:
        self.shares: dict[str, float] = {}

    def note(self, what: str, share: float) -> None:
        """One command used `share` of the limit `what`."""
        if share > self.shares.get(what, 0.0):
            self.shares[what] = share


class MeasuringChecker(MotionLimitChecker):
    """franka-sim's checker; what it compares is noted on the way."""

    def __init__(self, usage: Usage, **options: Any) -> None:
        super().__init__(**options)
        self._usage = usage

    def _check_per_joint(
        self, values: Sequence[float], limits: Sequence[float], error_index: int, signal: str, unit: str
    ) -> Violation | None:
        share = max(abs(value) / limit for value, limit in zip(values, limits, strict=True))
        self._usage.note(f"{signal} joints, {unit}", float(share))
        return super()._check_per_joint(values, limits, error_index, signal, unit)

    def _check_cartesian_halves(  # noqa: PLR0917  the parent's
        self,
        values: Sequence[float],
        translational_limit: float,
        rotational_limit: float,
        error_index: int,
        signal: str,
        units: tuple[str, str],
    ) -> Violation | None:
        limits = (translational_limit, rotational_limit)
        for half, limit, unit in zip((values[:3], values[3:6]), limits, units, strict=True):
            self._usage.note(f"{signal}, {unit}", float(sum(value * value for value in half)) ** 0.5 / limit)
        return super()._check_cartesian_halves(
            values, translational_limit, rotational_limit, error_index, signal, units
        )
