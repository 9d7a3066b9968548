"""The keyboard of a terminal as a device: a key moves for as long as it repeats."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from pydantic import Field

from demo_recorder.teleop.devices import ArmView, DeviceLostError, Reading, Speeds
from demo_recorder.teleop.terminal import TerminalKeys
from molmoact_common.errors import UserError
from molmoact_common.ros.stamps import NANOSECONDS
from molmoact_common.yaml_config import Settings, validate

DIRECTIONS = {
    "w": (0, 1), "s": (0, -1), "a": (1, 1), "d": (1, -1), "r": (2, 1), "f": (2, -1),
    "o": (3, 1), "u": (3, -1), "i": (4, 1), "k": (4, -1), "j": (5, 1), "l": (5, -1),
}  # fmt: skip
"""Key -> axis of motion (x y z, then about x y z) and its sign."""

HELP = "w/s away, back   a/d left, right   r/f up, down   i/k j/l u/o turn   g gripper   Tab arm   c clutch   +/- speed"


class KeyboardOptions(Settings):
    """Options.

    Attributes:
        hold: seconds for which a key counts as held after its last character. A terminal tells no release: longer
            than the period of key repeat (30 ms, on a Linux console 92 ms), and added to every stop.
    """

    hold: float = Field(default=0.12, gt=0, le=0.5)


class Keyboard:
    """A device (see `Device`); `close_keys` gives the terminal back."""

    def __init__(self, read_keys: Callable[[], str], close_keys: Callable[[], None], options: KeyboardOptions) -> None:
        """`read_keys` gives the characters since its last call."""
        self._read_keys, self._close_keys = read_keys, close_keys
        self._hold_ns = round(options.hold * NANOSECONDS)
        self._pressed_ns: dict[str, int] = {}
        self._clutched = False

    def read(self, now_ns: int, arm: str, views: Mapping[str, ArmView]) -> Reading:
        """See `Device`."""
        keys = self._read_keys()
        for key in keys:
            if key in DIRECTIONS:
                self._pressed_ns[key] = now_ns
            self._clutched ^= key == "c"
        asked = np.zeros(6)
        for key, at_ns in self._pressed_ns.items():
            if now_ns - at_ns <= self._hold_ns:
                axis, sign = DIRECTIONS[key]
                asked[axis] += sign
        gripper = keys.count("g") % 2 == 1
        return Reading(
            translation=asked[:3],
            rotation=asked[3:],
            held=bool(asked.any()) or gripper,
            clutched=self._clutched,
            press_gripper=gripper,
            press_switch=keys.count("\t") % 2 == 1,
            faster=keys.count("+") - keys.count("-"),
        )

    def close(self) -> None:
        """See `Device`."""
        self._close_keys()


def open_keyboard(options: dict[str, Any], speeds: Speeds, arms: tuple[str, ...]) -> Keyboard:
    """Factory; see `Device`.

    Raises:
        ConfigError: an option that there is not.
        DeviceLostError: standard input is no terminal.
    """
    settings = validate(options, KeyboardOptions, "options of the keyboard")
    try:
        keys = TerminalKeys()
    except UserError as error:
        raise DeviceLostError(str(error)) from error
    return Keyboard(keys.read, keys.close, settings)
