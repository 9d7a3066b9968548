"""One simulated RealSense: an rs.software_device with the sensors, profiles and options of a D435 or a D405."""

from itertools import count, product
from typing import Any

import cv2
import numpy as np
import pyrealsense2 as rs
from numpy.typing import NDArray

from sim_cell.frames import Frame, Intrinsics
from sim_cell.settings import CameraModel

_FPS = {"D435": (6, 15, 30, 60), "D405": (5, 15, 30, 60, 90)}
_DEPTH_UNITS = {"D435": 1e-3, "D405": 1e-4}
_PRODUCT_ID = {"D435": "0B07", "D405": "0B5B"}
_TEMPERATURE = 36.0
_EXPOSURE_US = 8500
_COLOR_FORMATS: dict[Any, tuple[int, int | None]] = {  # bytes a pixel, OpenCV's conversion from rgb8
    rs.format.rgb8: (3, None),
    rs.format.bgr8: (3, cv2.COLOR_RGB2BGR),
    rs.format.rgba8: (4, cv2.COLOR_RGB2RGBA),
    rs.format.bgra8: (4, cv2.COLOR_RGB2BGRA),
}


class SoftwareDevice:
    """A software device that streams what it is given, in whichever declared profile a pipeline has opened.

    The D435 has color on an RGB Module of its own; the D405 has color and depth on its one Stereo Module. Both declare
    the size of their frames only, at every rate of the model; the rate of the frames is that of `inject`.

    Attributes:
        rs_device: what goes into an rs.context.
    """

    def __init__(
        self, model: CameraModel, serial: str, width: int, height: int, intrinsics: Intrinsics, *, has_depth: bool
    ) -> None:
        self._model: CameraModel = model
        self._lens = _lens(width, height, intrinsics)
        self._frame_number, self._last_tick = 0, 0
        self._uids = count(1)
        self._profiles: list[Any] = []
        self.rs_device: Any = rs.software_device()
        for info, value in (
            (rs.camera_info.name, f"Intel RealSense {model}"),
            (rs.camera_info.serial_number, serial),
            (rs.camera_info.product_id, _PRODUCT_ID[model]),
            (rs.camera_info.product_line, "D400"),
            (rs.camera_info.physical_port, f"simulated/{serial}"),
        ):
            self.rs_device.register_info(info, value)
        stereo = self.rs_device.add_sensor("Stereo Module")
        color = stereo if model == "D405" else self.rs_device.add_sensor("RGB Module")
        self._sensors = [stereo] if color is stereo else [stereo, color]
        self._declare_color(color)
        if has_depth:
            self._declare_depth(stereo)
        self._place_depth_on_color()
        self._declare_options(stereo, color)

    def _declare_color(self, sensor: Any) -> None:
        for kind, (bpp, _) in _COLOR_FORMATS.items():
            self._declare(sensor, rs.stream.color, kind, bpp)

    def _declare_depth(self, sensor: Any) -> None:
        self._declare(sensor, rs.stream.depth, rs.format.z16, 2)
        sensor.add_read_only_option(rs.option.depth_units, _DEPTH_UNITS[self._model])

    def _declare(self, sensor: Any, kind: Any, pixel: Any, bpp: int) -> None:
        for fps in _FPS[self._model]:
            stream = rs.video_stream()
            stream.type, stream.index, stream.fmt, stream.bpp, stream.fps = kind, 0, pixel, bpp, fps
            stream.uid = next(self._uids)
            stream.width, stream.height, stream.intrinsics = self._lens.width, self._lens.height, self._lens
            is_default = fps == 30 and pixel in (rs.format.rgb8, rs.format.z16)
            self._profiles.append(sensor.add_video_stream(stream, is_default))

    def _place_depth_on_color(self) -> None:
        same = rs.extrinsics()  # the renderer draws depth through the color lens
        same.rotation, same.translation = [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0], [0.0, 0, 0]
        depths = [profile for profile in self._profiles if profile.stream_type() == rs.stream.depth]
        for depth, color in product(depths, (profile for profile in self._profiles if profile not in depths)):
            depth.register_extrinsics_to(color, same)

    def _declare_options(self, stereo: Any, color: Any) -> None:
        stereo.add_read_only_option(rs.option.asic_temperature, _TEMPERATURE)
        color.add_option(rs.option.enable_auto_exposure, _range(0, 1, 1, 1), True)
        color.add_option(rs.option.exposure, _range(1, 165000, 1, _EXPOSURE_US), True)
        color.add_option(rs.option.gain, _range(0, 248, 1, 64), True)
        if color is not stereo:
            color.add_option(rs.option.enable_auto_white_balance, _range(0, 1, 1, 1), True)
            color.add_option(rs.option.white_balance, _range(2800, 6500, 10, 4600), True)
            stereo.add_option(rs.option.emitter_enabled, _range(0, 2, 1, 1), True)

    def inject(self, frame: Frame) -> None:
        """Hand one frame to every stream that is open, stamped with its world tick in milliseconds."""
        self._frame_number += 1
        for sensor in self._sensors:
            for profile in sensor.get_active_streams():
                pixels = _pixels(frame, profile.format())
                if pixels is not None:
                    self._send(sensor, profile.as_video_stream_profile(), pixels, frame.tick)
        self._last_tick = frame.tick

    def _send(self, sensor: Any, profile: Any, pixels: NDArray[Any], tick: int) -> None:
        for field, value in self._metadata(tick).items():
            sensor.set_metadata(field, value)  # kept between frames, so each frame sets all of them
        video = rs.software_video_frame()
        video.pixels = pixels
        video.stride, video.bpp = pixels.strides[0], pixels.strides[1]
        video.timestamp, video.domain = float(tick), rs.timestamp_domain.global_time
        video.frame_number, video.profile = self._frame_number, profile
        if profile.stream_type() == rs.stream.depth:
            video.depth_units = _DEPTH_UNITS[self._model]
        sensor.on_video_frame(video)

    def _metadata(self, tick: int) -> dict[Any, int]:
        value = rs.frame_metadata_value
        return {
            value.frame_counter: self._frame_number,
            value.frame_timestamp: tick * 1000,
            value.sensor_timestamp: tick * 1000,
            value.backend_timestamp: tick,
            value.time_of_arrival: tick,
            value.actual_exposure: _EXPOSURE_US,
            value.actual_fps: 1_000_000 // max(tick - self._last_tick, 1),  # the syncer waits by it; unit: 1/1000 Hz
        }


def _range(least: float, most: float, step: float, default: float) -> Any:
    limits = rs.option_range()
    limits.min, limits.max, limits.step, limits.default = least, most, step, default
    return limits


def _lens(width: int, height: int, intrinsics: Intrinsics) -> Any:
    lens = rs.intrinsics()
    lens.width, lens.height = width, height
    lens.fx, lens.fy, lens.ppx, lens.ppy = intrinsics
    lens.model, lens.coeffs = rs.distortion.inverse_brown_conrady, [0.0] * 5
    return lens


def _pixels(frame: Frame, kind: Any) -> NDArray[Any] | None:
    if kind == rs.format.z16:
        return frame.depth
    conversion = _COLOR_FORMATS[kind][1]
    return frame.rgb if conversion is None else np.asarray(cv2.cvtColor(frame.rgb, conversion))
