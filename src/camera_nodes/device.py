"""One camera from absent to streaming and back: a plain object that whoever owns its thread steps, time passed in."""

from contextlib import suppress
from typing import Any

from camera_nodes.capture import Capture, Lens
from camera_nodes.config import CameraConfig
from camera_nodes.lifecycle import CameraState, Condition, Instant, Lifecycle
from camera_nodes.realsense import Stream, check_device, devices_by_serial

_WAIT_MS = 100
_TEMPERATURE_PERIOD_S = 5.0


class CameraDevice:
    """Looks for its device, starts it, reads it, notices that it fell silent, and begins again.

    Args:
        context: an rs.context, or one that stands for it.
        serial: of the device.
        config: what it shall deliver.
    """

    def __init__(self, context: Any, serial: str, config: CameraConfig) -> None:
        self._context = context
        self._serial = serial
        self._config = config
        self._lifecycle = Lifecycle(config.health.silence)
        self._stream: Stream | None = None
        self._lens: Lens | None = None
        self._temperature: float | None = None
        self._temperature_at = 0.0

    @property
    def condition(self) -> Condition:
        """State, reason and temperature."""
        return Condition(self._lifecycle.state, self._lifecycle.detail, self._temperature)

    @property
    def lens(self) -> Lens | None:
        """The factory's intrinsics of the newest stream's color; None before the first start."""
        return self._lens

    @property
    def is_idle(self) -> bool:
        """Whether nothing streams, so that `step` does not wait for frames."""
        return self._stream is None

    def present_serials(self) -> list[str]:
        """Serials of all devices that are listed now."""
        return sorted(devices_by_serial(self._context))

    def step(self, now: Instant) -> Capture | None:
        """Do what is due and give the next capture, if one came; returns within about 0.1 s once streaming.

        Raises:
            ConfigError: the device is there but is not, or does not offer, what the configuration says.
        """
        try:
            if self._stream is None:
                self._attempt(now)
                return None
            return self._read(self._stream, now)
        except RuntimeError as error:  # librealsense has no other: busy, left the bus, firmware, power
            self._give_up(CameraState.LOST, f"librealsense: {error}", now)
            return None

    def _attempt(self, now: Instant) -> None:
        if not self._lifecycle.attempt_is_due(now):
            return
        devices = devices_by_serial(self._context)
        if self._serial not in devices:
            present = ", ".join(sorted(devices)) or "none"
            self._lifecycle.failed(CameraState.ABSENT, f"no camera of serial {self._serial}; present: {present}", now)
            return
        check_device(devices[self._serial], self._config)
        self._stream = Stream(self._context, devices[self._serial], self._config, self._lifecycle.starts + 1)
        self._lens = self._stream.lens
        self._lifecycle.started(now)

    def _read(self, stream: Stream, now: Instant) -> Capture | None:
        capture = stream.read(_WAIT_MS)
        if capture is not None:
            self._lifecycle.frame_came(now)
            self._take_temperature(stream, now)
        elif self._lifecycle.is_silent(now):
            self._give_up(CameraState.LOST, f"no frame for {self._config.health.silence:g} s", now)
        return capture

    def _take_temperature(self, stream: Stream, now: Instant) -> None:
        if self._temperature is None or now.wall - self._temperature_at > _TEMPERATURE_PERIOD_S:
            self._temperature, self._temperature_at = stream.temperature(), now.wall

    def _give_up(self, state: CameraState, detail: str, now: Instant) -> None:
        self.close()
        self._lifecycle.failed(state, detail, now)

    def close(self) -> None:
        """Stop streaming, if it does; the device can be stepped again afterwards."""
        stream, self._stream, self._temperature = self._stream, None, None
        if stream is not None:
            with suppress(RuntimeError):  # a device that has left cannot be stopped, which is as good
                stream.stop()
