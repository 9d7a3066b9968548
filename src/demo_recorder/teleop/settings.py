"""Configuration of teleoperation: who moves which arm with what, and how fast."""

from typing import Any

from pydantic import Field, model_validator

from demo_recorder.teleop.devices import Speeds
from molmoact_common.yaml_config import Settings


class HandSettings(Settings):
    """One device in one hand.

    Attributes:
        device: factory of the device, `package.module:attribute`.
        arms: that it can move; one at a time, the first one first.
        options: of the device; its factory validates them.
    """

    device: str
    arms: tuple[str, ...] = Field(min_length=1)
    options: dict[str, Any] = Field(default_factory=dict)


class TeleopSettings(Settings):
    """A file of config/teleop.

    Attributes:
        name: for records.
        arms: all arms of the bridge, in its order.
        hands: no arm may be in two.
        translation_speed: m/s at full deflection and full scale; the motion gate caps at 0.25.
        rotation_speed: rad/s at full deflection and full scale; the motion gate caps at 1.
        scale: of the speeds at the start, a part of 1; the operator may change it.
        operator_yaw: degrees by which the operator's frame is turned against the arms' bases, about the vertical: 0
            behind the robot, 180 opposite to it.
        step_period: seconds a row.
        rows: of a chunk. So many steps an arm goes on at most when nothing more comes.
        lead: seconds before a step in which a new chunk may come too late for it.
        reopen_every: seconds between attempts to open a device that was lost.
    """

    name: str
    arms: tuple[str, ...] = Field(min_length=1)
    hands: tuple[HandSettings, ...] = Field(min_length=1)
    translation_speed: float = Field(default=0.1, gt=0, le=0.25)
    rotation_speed: float = Field(default=0.5, gt=0, le=1.0)
    scale: float = Field(default=1.0, ge=0.1, le=1.0)
    operator_yaw: float = Field(default=0.0, ge=-360, le=360)
    step_period: float = Field(default=1 / 15, ge=0.01, le=0.2)
    rows: int = Field(default=3, ge=2, le=8)
    lead: float = Field(default=0.03, ge=0, le=0.2)
    reopen_every: float = Field(default=1.0, gt=0, le=60)

    @model_validator(mode="after")
    def _hands_fit_the_arms(self) -> "TeleopSettings":
        held = [arm for hand in self.hands for arm in hand.arms]
        if strange := sorted(set(held) - set(self.arms)):
            raise ValueError(f"a hand moves {', '.join(strange)}, which is none of {', '.join(self.arms)}")
        if doubled := sorted({arm for arm in held if held.count(arm) > 1}):
            raise ValueError(f"{', '.join(doubled)} is in two hands")
        return self

    @property
    def speeds(self) -> Speeds:
        """What a full deflection means."""
        return Speeds(self.translation_speed, self.rotation_speed, self.step_period)
