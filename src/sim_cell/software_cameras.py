"""The cell's cameras as an rs.context: what a camera node gets in place of the USB bus, fed from frame files."""

from collections.abc import Mapping
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import pyrealsense2 as rs
from pydantic import Field

from molmoact_common.yaml_config import Settings, validate
from sim_cell.frames import Frame, FrameReader, frames_path
from sim_cell.settings import CameraModel
from sim_cell.software_device import SoftwareDevice

_POLL_S = 0.003
_IDLE_POLLS = 300
"""Polls without a frame after which the file is looked at again: the renderer may have started anew."""


class SoftwareCameraSettings(Settings):
    """One simulated device; `serial` is cell_<name> unless given."""

    model: CameraModel
    serial: str = ""


class SoftwareCamerasSettings(Settings):
    """The cell's directory and which of its cameras this context shows (name -> device)."""

    cell_dir: Path
    cameras: dict[str, SoftwareCameraSettings] = Field(min_length=1)


def make_context(options: Mapping[str, Any]) -> "SoftwareContext":
    """An rs.context with simulated devices; each appears as soon as its frame file does.

    Args:
        options: fields of `SoftwareCamerasSettings`.

    Raises:
        ConfigError: an option is missing or not allowed.
    """
    return SoftwareContext(validate(dict(options), SoftwareCamerasSettings, "options of the software cameras"))


class SoftwareContext(rs.context):
    """A context whose devices are fed by a thread of its own until `close`.

    The methods that take a camera's name make the faults that a real one can have. Give each camera whose absence
    matters a context of its own: a pipeline holds on to what was listed when it started, so a device that leaves stays
    listed for as long as another camera of the same context streams.
    """

    def __init__(self, settings: SoftwareCamerasSettings) -> None:
        super().__init__()
        self._lock = Lock()
        self._arrived: list[Any] = []
        # A context forgets a software device unless someone holds the list that announced it.
        self.set_devices_changed_callback(lambda event: self._arrived.append(event.get_new_devices()))
        self._feeds = {
            name: _Feed(self, frames_path(settings.cell_dir, name), camera.model, camera.serial or f"cell_{name}")
            for name, camera in settings.cameras.items()
        }
        self._ended = Event()
        self._thread = Thread(target=self._run, name="software cameras", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(_POLL_S):
            with self._lock:
                for feed in self._feeds.values():
                    feed.poll()

    def announce(self, device: SoftwareDevice) -> Any:
        """Show the device in this context; what comes back keeps it there."""
        device.rs_device.add_to(self)
        return self._arrived.pop()

    def unplug(self, name: str) -> None:
        """The device leaves the bus: it is no longer listed and what streams from it falls silent."""
        with self._lock:
            self._feeds[name].unplug()

    def plug(self, name: str) -> None:
        """The device comes back, as a new one of the same serial."""
        with self._lock:
            self._feeds[name].plugged = True

    def silence(self, name: str, on: bool) -> None:
        """Frames stop (or go on) while the device stays listed."""
        with self._lock:
            self._feeds[name].silent = on

    def freeze(self, name: str, on: bool) -> None:
        """The picture stands still (or moves again) while fresh stamps keep coming."""
        with self._lock:
            self._feeds[name].frozen = on

    def close(self) -> None:
        """End the feeding thread and let go of the devices. Stop pipelines first."""
        self._ended.set()
        self._thread.join()
        for feed in self._feeds.values():
            feed.unplug()
        self.set_devices_changed_callback(lambda _event: None)  # the other one holds this object


class _Feed:
    """From one frame file to one device, which is plugged in as long as there is a file."""

    def __init__(self, context: SoftwareContext, path: Path, model: CameraModel, serial: str) -> None:
        self.plugged, self.silent, self.frozen = True, False, False
        self._context, self._path, self._model, self._serial = context, path, model, serial
        self._reader: FrameReader | None = None
        self._device: SoftwareDevice | None = None
        self._listing: Any = None
        self._left: list[SoftwareDevice] = []  # librealsense crashes where a device is gone that is still listed
        self._last: Frame | None = None
        self._idle = 0

    def poll(self) -> None:
        if not self.plugged:
            return
        if self._reader is None or self._device is None:
            self._appear()
            return
        frame = self._reader.read_newer(-1 if self._last is None else self._last.tick)
        if frame is not None:
            self._forward(frame, self._device)
            return
        self._idle += 1
        if self._idle % _IDLE_POLLS == 0 and not self._reader.is_current():
            self._disappear()

    def _appear(self) -> None:
        if not self._path.exists():
            return
        self._reader = reader = FrameReader(self._path)
        self._device = SoftwareDevice(
            self._model, self._serial, reader.width, reader.height, reader.intrinsics, has_depth=reader.has_depth
        )
        self._listing = self._context.announce(self._device)

    def _forward(self, frame: Frame, device: SoftwareDevice) -> None:
        self._idle = 0
        if self.frozen and self._last is not None:
            frame = Frame(self._last.rgb, self._last.depth, frame.tick)
        self._last = frame
        if not self.silent:
            device.inject(frame)

    def unplug(self) -> None:
        self.plugged = False
        self._disappear()

    def _disappear(self) -> None:
        if self._device is not None:
            self._left.append(self._device)
        self._reader = self._device = self._listing = self._last = None
