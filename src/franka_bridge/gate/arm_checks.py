"""Checks of what an arm feels, made in every control cycle while a chunk is being commanded."""

from dataclasses import dataclass, field

import numpy as np

from franka_bridge.gate.checks import Action, Measured


@dataclass(frozen=True, slots=True)
class Wrench:
    """The external wrench stays within these of its resting value (N, Nm), or the chunk is given up."""

    force: float
    torque: float
    name: str = "wrench"
    action: Action = Action.REFUSE
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.force:g} N, {self.torque:g} Nm beyond the value at start")

    def objection(self, measured: Measured) -> str:
        """See `ArmCheck`."""
        force, torque = (float(np.linalg.norm(part)) for part in (measured.wrench[:3], measured.wrench[3:]))
        if not force <= self.force:  # a wrench that is no number as well
            return f"feels {force:.1f} N more than at start; the limit is {self.force:g} N"
        if not torque <= self.torque:
            return f"feels {torque:.1f} Nm more than at start; the limit is {self.torque:g} Nm"
        return ""
