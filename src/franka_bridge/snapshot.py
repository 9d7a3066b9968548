"""One arm as the world may see it."""

from dataclasses import dataclass

from franka_bridge.drivers.base import DriverState
from franka_bridge.state_machine import Mode
from franka_bridge.targets import Target


@dataclass(frozen=True, slots=True)
class ArmSnapshot:
    """Fields as in ArmState.msg."""

    mode: Mode
    reason: str
    command_step: int
    state: DriverState
    commanded: Target
    opening: float
    dry_run: bool
