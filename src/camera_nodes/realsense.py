"""librealsense, fenced in: which devices are there, what they offer, and one running stream.

Three habits of the library shape this room. `pipeline.start` with an absent serial blocks 15 s and holds the
interpreter's lock, so presence and profiles are looked up first. An `rs.config` remembers the device that it was
resolved to, so every start makes a new one. And the D405 has no color sensor by class, so sensors are chosen by what
they stream.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import pyrealsense2 as rs
from numpy.typing import NDArray

from camera_nodes.capture import Capture, Lens
from camera_nodes.config import CameraConfig, StreamProfile
from camera_nodes.stamps import StampDomain
from molmoact_common.errors import ConfigError

_DOMAINS = {
    rs.timestamp_domain.global_time: StampDomain.GLOBAL,
    rs.timestamp_domain.system_time: StampDomain.SYSTEM,
    rs.timestamp_domain.hardware_clock: StampDomain.HARDWARE,
}
_MILLIMETRE = 1e-3


def devices_by_serial(context: Any) -> dict[str, Any]:
    """Serial -> device, for all that are listed now."""
    return {device.get_info(rs.camera_info.serial_number): device for device in context.query_devices()}


def check_device(device: Any, config: CameraConfig) -> None:
    """Make sure that this device is of the model and offers the profiles that the configuration asks for.

    Raises:
        ConfigError: it is another model, or a profile is not offered; the line lists those that are.
    """
    name, serial = device.get_info(rs.camera_info.name), device.get_info(rs.camera_info.serial_number)
    if config.model not in name:
        raise ConfigError(f"camera {serial} is an {name}, not a {config.model}; correct model or serial")
    for stream, pixel, wanted in _wanted(config):
        offered = _offers(device, stream, pixel)
        if wanted not in offered:
            raise ConfigError(
                f"camera {serial}: no {stream.name} profile {wanted}; {config.model} offers: {_listed(offered)}"
            )


def _wanted(config: CameraConfig) -> list[tuple[Any, Any, StreamProfile]]:
    wanted = [(rs.stream.color, rs.format.rgb8, config.color)]
    if config.depth_profile is not None:
        wanted.append((rs.stream.depth, rs.format.z16, config.depth_profile))
    return wanted


def _offers(device: Any, stream: Any, pixel: Any) -> list[StreamProfile]:
    videos = [
        profile.as_video_stream_profile()
        for sensor in device.query_sensors()
        for profile in sensor.get_stream_profiles()
        if profile.stream_type() == stream and profile.format() == pixel
    ]
    return [StreamProfile(width=v.width(), height=v.height(), fps=v.fps()) for v in videos]


def _listed(profiles: list[StreamProfile]) -> str:
    rates: dict[str, set[int]] = defaultdict(set)
    for profile in profiles:
        rates[f"{profile.width}x{profile.height}"].add(profile.fps)
    return ", ".join(f"{size}@{'|'.join(map(str, sorted(fps)))}" for size, fps in rates.items()) or "none"


class Stream:
    """A running pipeline on one device. Stop it before the context goes.

    Args:
        context: that lists the device.
        device: checked with `check_device`.
        config: what to stream.
        number: goes into every capture.

    Raises:
        ConfigError: an option is unknown to the device or out of its range.
        RuntimeError: librealsense could not start; trying again later may help.
    """

    def __init__(self, context: Any, device: Any, config: CameraConfig, number: int) -> None:
        self._number = number
        self._color_sensor = _sensor_with(device, rs.stream.color)
        self._sensors = device.query_sensors()
        _apply_options(self._color_sensor, config.options)
        self._pipeline = rs.pipeline(context)
        request = rs.config()
        request.enable_device(device.get_info(rs.camera_info.serial_number))
        for stream, pixel, profile in _wanted(config):
            request.enable_stream(stream, profile.width, profile.height, pixel, profile.fps)
        if not request.can_resolve(rs.pipeline_wrapper(self._pipeline)):
            raise RuntimeError("the device cannot stream what it offers; it may have left or its streams conflict")
        active = self._pipeline.start(request)
        color = active.get_stream(rs.stream.color).as_video_stream_profile()
        self.lens = _lens(color.get_intrinsics())
        self._with_depth = config.depth_profile is not None
        self._align = rs.align(rs.stream.color) if self._with_depth and not _already_aligned(active, color) else None
        self._half_period_ms = 500 / config.color.fps
        self._last_number = -1

    def read(self, timeout_ms: int) -> Capture | None:
        """The next capture; None if none came in time."""
        came, frames = self._pipeline.try_wait_for_frames(timeout_ms)
        if not came:
            return None
        color = frames.get_color_frame()
        if not color or color.get_frame_number() == self._last_number:
            return None  # the syncer let a depth frame go alone, or with a color frame that was given already
        self._last_number = color.get_frame_number()
        return Capture(
            rgb=np.asanyarray(color.get_data()),
            depth=self._depth(frames, color.get_timestamp()) if self._with_depth else None,
            frame_number=self._last_number,
            timestamp_ms=color.get_timestamp(),
            domain=_DOMAINS[color.get_frame_timestamp_domain()],
            stream=self._number,
        )

    def _depth(self, frames: Any, color_ms: float) -> NDArray[np.uint16] | None:
        depth = frames.get_depth_frame()
        if not depth or abs(depth.get_timestamp() - color_ms) > self._half_period_ms:
            return None  # a set is filled up with older pictures where the syncer waited in vain
        found = (self._align.process(frames) if self._align is not None else frames).get_depth_frame()
        return _millimetres(np.asanyarray(found.get_data()), found.get_units())

    def temperature(self) -> float | None:
        """Degrees Celsius of the processor, where a sensor of the device tells; None elsewhere."""
        for sensor in self._sensors:
            if sensor.supports(rs.option.asic_temperature):
                return float(sensor.get_option(rs.option.asic_temperature))
        return None

    def stop(self) -> None:
        """End the stream and drop every handle, in the order that librealsense survives."""
        try:
            self._pipeline.stop()
        finally:
            self._align = None
            self._sensors = self._color_sensor = None
            self._pipeline = None


def _sensor_with(device: Any, stream: Any) -> Any:
    for sensor in device.query_sensors():
        if any(profile.stream_type() == stream for profile in sensor.get_stream_profiles()):
            return sensor
    raise RuntimeError(f"no sensor of the device streams {stream.name}")


def _apply_options(sensor: Any, options: dict[str, float]) -> None:
    for name, value in options.items():
        option = rs.option.__members__.get(name)
        if option is None or not sensor.supports(option) or sensor.is_option_read_only(option):
            known = [o.name for o in sensor.get_supported_options() if not sensor.is_option_read_only(o)]
            raise ConfigError(f"option {name} is none of this camera's: {', '.join(known)}; correct options")
        limits = sensor.get_option_range(option)
        if not limits.min <= value <= limits.max:
            raise ConfigError(f"option {name}: {value:g} is not in {limits.min:g}..{limits.max:g}; correct options")
        sensor.set_option(option, value)


def _lens(factory: Any) -> Lens:
    fisheye = factory.model == rs.distortion.kannala_brandt4
    return Lens(
        width=factory.width,
        height=factory.height,
        fx=factory.fx,
        fy=factory.fy,
        ppx=factory.ppx,
        ppy=factory.ppy,
        coefficients=tuple(factory.coeffs[:4] if fisheye else factory.coeffs),
        distortion="equidistant" if fisheye else "plumb_bob",
    )


def _already_aligned(active: Any, color: Any) -> bool:
    """Whether depth is seen through the color lens itself; aligning it then only loses pixels to rounding."""
    depth = active.get_stream(rs.stream.depth).as_video_stream_profile()
    between = depth.get_extrinsics_to(color)
    at_rest = np.allclose(between.translation, 0) and np.allclose(np.reshape(between.rotation, (3, 3)), np.eye(3))
    return bool(at_rest) and _lens(depth.get_intrinsics()) == _lens(color.get_intrinsics())


def _millimetres(depth: NDArray[np.uint16], units: float) -> NDArray[np.uint16]:
    """REP 118 wants 16UC1 in millimetres; a D405 counts tenths of them."""
    if np.isclose(units, _MILLIMETRE):
        return depth
    return np.rint(np.minimum(depth * (units / _MILLIMETRE), 65535)).astype(np.uint16)
