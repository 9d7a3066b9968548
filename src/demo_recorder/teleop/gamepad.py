"""A gamepad as a device, through the joystick interface of the Linux kernel, which needs no library."""

import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from demo_recorder.teleop.devices import ArmView, DeviceLostError, Reading, Speeds, beyond_rest
from molmoact_common.yaml_config import Settings, validate

EVENT = struct.Struct("=IhBB")
"""struct js_event of linux/joystick.h: time (ms), value, type, number."""

BUTTON, AXIS, INITIAL = 0x01, 0x02, 0x80
FULL = 32767
"""Value of an axis at its end."""


class AxisSettings(Settings):
    """One axis of the gamepad: its number, and 1 or -1 for its direction."""

    number: int = Field(ge=0)
    sign: int = Field(default=1, ge=-1, le=1)


class GamepadOptions(Settings):
    """Options; the defaults are those of the kernel's xpad driver (Xbox controllers and what behaves like one).

    Attributes:
        path: of the joystick device. Use a cable: what loses its radio is noticed only after a while.
        rest: part of a full deflection that counts as none.
        axes: for x, y, z and the turns about them: left stick, right stick up and down, cross and right stick.
        dead_man: button that must be held for any motion (right shoulder).
        clutch: button that frees the sticks while it is held (left shoulder).
        gripper: button that opens and closes (A).
        switch: button that goes on to the next arm (Y).
        slower: button for a step down of the speed scale (back).
        faster: button for a step up (start).
    """

    path: Path = Path("/dev/input/js0")
    rest: float = Field(default=0.15, ge=0, lt=0.9)
    axes: tuple[AxisSettings, AxisSettings, AxisSettings, AxisSettings, AxisSettings, AxisSettings] = (
        AxisSettings(number=1, sign=-1),
        AxisSettings(number=0, sign=-1),
        AxisSettings(number=4, sign=-1),
        AxisSettings(number=6),
        AxisSettings(number=7, sign=-1),
        AxisSettings(number=3, sign=-1),
    )
    dead_man: int = 5
    clutch: int = 4
    gripper: int = 0
    switch: int = 3
    slower: int = 6
    faster: int = 7


class Gamepad:
    """A device (see `Device`) that reads the kernel's events from a file descriptor which does not block."""

    def __init__(self, descriptor: int, options: GamepadOptions) -> None:
        self._descriptor = descriptor
        self._options = options
        self._values: dict[int, int] = {}
        self._down: set[int] = set()
        self._rest_of_event = b""

    def read(self, now_ns: int, arm: str, views: Mapping[str, ArmView]) -> Reading:
        """See `Device`."""
        options = self._options
        pressed = self._take_events()
        sticks = [axis.sign * self._values.get(axis.number, 0) / FULL for axis in options.axes]
        asked = beyond_rest(np.array(sticks), options.rest)
        return Reading(
            translation=asked[:3],
            rotation=asked[3:],
            held=options.dead_man in self._down,
            clutched=options.clutch in self._down,
            press_gripper=options.gripper in pressed,
            press_switch=options.switch in pressed,
            faster=(options.faster in pressed) - (options.slower in pressed),
        )

    def close(self) -> None:
        """See `Device`."""
        os.close(self._descriptor)

    def _take_events(self) -> set[int]:
        """The buttons that went down since the last call."""
        pressed: set[int] = set()
        data = self._rest_of_event + self._read()
        whole = len(data) - len(data) % EVENT.size
        self._rest_of_event = data[whole:]
        for _, value, kind, number in EVENT.iter_unpack(data[:whole]):
            if kind & ~INITIAL == AXIS:
                self._values[number] = value
            elif value:
                self._down.add(number)
                if not kind & INITIAL:
                    pressed.add(number)
            else:
                self._down.discard(number)
        return pressed

    def _read(self) -> bytes:
        data = b""
        try:
            while some := os.read(self._descriptor, 64 * EVENT.size):
                data += some
        except BlockingIOError:
            return data
        except OSError as error:
            raise DeviceLostError(f"the gamepad was unplugged ({error.strerror}); plug it in again") from error
        raise DeviceLostError("the gamepad was unplugged; plug it in again")


def open_gamepad(options: dict[str, Any], speeds: Speeds, arms: tuple[str, ...]) -> Gamepad:
    """Factory; see `Device`.

    Raises:
        ConfigError: an option that there is not.
        DeviceLostError: no gamepad is plugged in, or it may not be read.
    """
    settings = validate(options, GamepadOptions, "options of the gamepad")
    try:
        descriptor = os.open(settings.path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise DeviceLostError(f"cannot open {settings.path}: {error.strerror}; plug the gamepad in") from error
    return Gamepad(descriptor, settings)
