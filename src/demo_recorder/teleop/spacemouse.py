"""A 3Dconnexion SpaceMouse as a device, through pyspacemouse."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from pydantic import Field

from demo_recorder.teleop.devices import ArmView, DeviceLostError, Reading, Speeds, beyond_rest
from molmoact_common.ros.stamps import NANOSECONDS
from molmoact_common.yaml_config import Settings, validate

REPORTS_A_READING = 64
"""Reports that may have come since the last reading; more wait for the next."""


class SpaceMouseOptions(Settings):
    """Options; buttons count from 0.

    Attributes:
        model: as pyspacemouse names it; empty: the first that is plugged in.
        index: which one of several alike.
        rest: part of a full deflection that counts as none: a hand that rests on the cap.
        silence: seconds without a report after which the cap counts as released. A deflected cap reports all the
            time; one that was unplugged, or whose radio is out of reach, says nothing.
        gripper: button that opens and closes.
        switch: button that goes on to the next arm, or None.
        clutch: button that frees the device while it is held, or None.
        dead_man: button that must be held for any motion, or None: the cap itself.
    """

    model: str = ""
    index: int = Field(default=0, ge=0)
    rest: float = Field(default=0.1, ge=0, lt=0.9)
    silence: float = Field(default=0.15, gt=0, le=1)
    gripper: int = Field(default=0, ge=0)
    switch: int | None = Field(default=1, ge=0)
    clutch: int | None = Field(default=None, ge=0)
    dead_man: int | None = Field(default=None, ge=0)


class SpaceMouse:
    """A device (see `Device`) around an open pyspacemouse device in its ROS axis convention."""

    def __init__(self, mouse: Any, options: SpaceMouseOptions) -> None:
        self._mouse = mouse
        self._options = options
        self._lost: type[Exception] = import_module("easyhid").HIDException
        self._state = mouse.read()
        self._report_time = -1.0
        self._heard_ns: int | None = None
        self._were_down: set[int] = set()

    def read(self, now_ns: int, arm: str, views: Mapping[str, ArmView]) -> Reading:
        """See `Device`."""
        pressed = self._drain(now_ns)
        state, options = self._state, self._options
        silent = self._heard_ns is None or now_ns - self._heard_ns > options.silence * NANOSECONDS
        cap = np.array([state.x, state.y, state.z, state.roll, state.pitch, state.yaw])
        cap = np.zeros(6) if silent else beyond_rest(cap, options.rest)
        down = self._were_down
        asks = bool(cap.any()) or options.gripper in pressed
        return Reading(
            translation=cap[:3],
            rotation=cap[3:],
            held=asks if options.dead_man is None else options.dead_man in down,
            clutched=options.clutch is not None and options.clutch in down,
            press_gripper=options.gripper in pressed,
            press_switch=options.switch is not None and options.switch in pressed,
        )

    def close(self) -> None:
        """See `Device`."""
        self._mouse.close()

    def _drain(self, now_ns: int) -> set[int]:
        """Take in every report that waits; the buttons that went down meanwhile."""
        pressed: set[int] = set()
        for _ in range(REPORTS_A_READING):
            try:
                state = self._state = self._mouse.read()
            except self._lost as error:
                raise DeviceLostError("the SpaceMouse was unplugged; plug it in again") from error
            if state.t == self._report_time:
                break
            self._report_time, self._heard_ns = state.t, now_ns
            down = {number for number, value in enumerate(state.buttons) if value}
            pressed |= down - self._were_down
            self._were_down = down
        return pressed


def open_spacemouse(options: dict[str, Any], speeds: Speeds, arms: tuple[str, ...]) -> SpaceMouse:
    """Factory; see `Device`.

    Raises:
        ConfigError: an option that there is not.
        DeviceLostError: pyspacemouse or hidapi is not installed, or no SpaceMouse is plugged in.
    """
    settings = validate(options, SpaceMouseOptions, "options of the SpaceMouse")
    return SpaceMouse(_find(settings), settings)


def _find(settings: SpaceMouseOptions) -> Any:
    try:
        library = import_module("pyspacemouse")  # an optional extra
    except ImportError as error:
        raise DeviceLostError("pyspacemouse is not installed; pip install 'molmoact-ros[teleop]'") from error
    try:
        return library.open(
            device=settings.model or None, device_index=settings.index, axis_convention=library.AxisConvention.ROS
        )
    except (RuntimeError, ValueError) as error:
        raise DeviceLostError(f"no SpaceMouse: {error} Plug one in, and see that hidapi may read it") from error
