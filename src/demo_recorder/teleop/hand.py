"""One device in one hand: opened and opened again, switched between arms, and its readings made into motions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from demo_recorder.teleop.devices import ArmView, Device, DeviceLostError, Reading
from demo_recorder.teleop.settings import TeleopSettings
from molmoact_common.poses import Vector
from molmoact_common.ros.stamps import NANOSECONDS

SCALES = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
"""Steps of the speed scale."""

HALF_OPEN = 0.5


@dataclass(frozen=True, slots=True)
class Motion:
    """What one arm shall do: translation (m/s), rotation (rad/s), both in its base frame, gripper (None: as it is)."""

    translation: Vector
    rotation: Vector
    gripper: float | None = None

    @property
    def still(self) -> bool:
        """Whether the arm shall stand."""
        return not self.translation.any() and not self.rotation.any()


class Hand:
    """One device and the arms that it can move; `lost` says why it gives nothing, `held` that somebody is there.

    A device that was just opened, or switched to another arm, moves nothing before it has been at rest once.
    """

    def __init__(self, open_device: Callable[[], Device], arms: tuple[str, ...], settings: TeleopSettings) -> None:
        """`open_device` raises DeviceLostError where there is none."""
        self._open = open_device
        self._arms = arms
        self._settings = settings
        self._turn = Rotation.from_euler("z", settings.operator_yaw, degrees=True)
        self._device: Device | None = None
        self._retry_ns: int | None = None
        self._active = 0
        self._rested = False
        self._scale = min(SCALES, key=lambda scale: abs(scale - settings.scale))
        self.lost = ""
        self.held = False

    @property
    def arm(self) -> str:
        """The one that it moves now."""
        return self._arms[self._active]

    @property
    def scale(self) -> float:
        """Of the full speeds."""
        return self._scale

    def poll(self, now_ns: int, views: Mapping[str, ArmView]) -> Motion | None:
        """What is asked of `arm`; None: nothing.

        Args:
            now_ns: time of a steady clock, nanoseconds.
            views: every arm.
        """
        try:
            reading = self._opened(now_ns).read(now_ns, self.arm, views)
        except DeviceLostError as error:
            self._lose(now_ns, str(error))
            return None
        self.lost, self.held = "", reading.held
        self._change(reading)
        self._rested = self._rested or reading.neutral
        if not self._rested or not reading.held or reading.clutched:
            return None
        return self._motion(reading, views[self.arm])

    def close(self) -> None:
        """Let go of the device."""
        if self._device is not None:
            self._device.close()
            self._device = None

    def _opened(self, now_ns: int) -> Device:
        if self._device is None:
            if self._retry_ns is not None and now_ns < self._retry_ns:
                raise DeviceLostError(self.lost)
            self._device = self._open()
            self._rested = False
        return self._device

    def _lose(self, now_ns: int, why: str) -> None:
        if self._device is not None or self._retry_ns is None or now_ns >= self._retry_ns:
            self._retry_ns = now_ns + int(self._settings.reopen_every * NANOSECONDS)
        self.close()
        self.lost, self.held = why, False

    def _change(self, reading: Reading) -> None:
        if reading.press_switch and len(self._arms) > 1:
            self._active = (self._active + 1) % len(self._arms)
            self._rested = False
        if reading.faster:
            step = SCALES.index(self._scale) + reading.faster
            self._scale = SCALES[min(max(step, 0), len(SCALES) - 1)]

    def _motion(self, reading: Reading, view: ArmView) -> Motion:
        speeds = self._settings.speeds
        gripper = reading.gripper
        if reading.press_gripper:
            gripper = 0.0 if view.gripper_commanded >= HALF_OPEN else 1.0
        return Motion(
            self._turn.apply(_within(reading.translation) * speeds.translation * self._scale),
            self._turn.apply(_within(reading.rotation) * speeds.rotation * self._scale),
            gripper,
        )


def _within(deflection: Vector) -> Vector:
    """No longer than 1, in its own direction."""
    return deflection / max(1.0, float(np.linalg.norm(deflection)))
