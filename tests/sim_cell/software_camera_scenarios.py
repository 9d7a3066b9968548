"""Scenarios of simulated RealSense devices; each runs in a process of its own (see test_software_cameras)."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyrealsense2 as rs

from sim_cell.frames import FrameWriter, frames_path
from sim_cell.software_cameras import SoftwareContext, make_context
from support.moving_frames import INTRINSICS

LIMIT_S = 20.0
RGB = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
DEPTH = np.random.default_rng(1).integers(0, 65536, (24, 32), dtype=np.uint16)


@contextmanager
def context_of(cell_dir: Path, model: str) -> Iterator[SoftwareContext]:
    context = make_context({"cell_dir": str(cell_dir), "cameras": {"eye": {"model": model, "serial": "42"}}})
    try:
        yield context
    finally:
        context.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def writer(cell_dir: Path) -> FrameWriter:
    return FrameWriter(frames_path(cell_dir, "eye"), 32, 24, INTRINSICS, depth=True)


def started(context: rs.context, color: Any) -> rs.pipeline:
    pipeline, config = rs.pipeline(context), rs.config()
    config.enable_device("42")
    config.enable_stream(rs.stream.color, 32, 24, color, 15)
    config.enable_stream(rs.stream.depth, 32, 24, rs.format.z16, 15)
    pipeline.start(config)
    return pipeline


def next_frames(frames: FrameWriter, pipeline: rs.pipeline, ticks: Iterator[int]) -> Any:
    """The next set of color and depth; on a loaded machine the syncer may let either go alone: then the one after."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        frames.write(RGB, DEPTH, next(ticks))
        came, found = pipeline.try_wait_for_frames(500)
        if came and found.get_color_frame() and found.get_depth_frame():
            return found
    raise AssertionError("waited too long")


def a_device_appears_with_its_frame_file(cell_dir: Path) -> None:
    with context_of(cell_dir, "D435") as context:
        assert len(context.query_devices()) == 0
        writer(cell_dir)
        wait_for(lambda: len(context.query_devices()) == 1)
        device = context.query_devices()[0]
        assert device.get_info(rs.camera_info.serial_number) == "42"
        del device


def sensors_and_units_are_those_of_the_models(cell_dir: Path) -> None:
    frames = writer(cell_dir)
    expected = {
        "D435": ({"Stereo Module": {"depth"}, "RGB Module": {"color"}}, 1e-3),
        "D405": ({"Stereo Module": {"depth", "color"}}, 1e-4),
    }
    ticks = count(1000, 66)
    for model, (sensors, units) in expected.items():
        with context_of(cell_dir, model) as context:
            wait_for(lambda context=context: len(context.query_devices()) == 1)
            device = context.query_devices()[0]
            found = {
                sensor.get_info(rs.camera_info.name): {p.stream_type().name for p in sensor.get_stream_profiles()}
                for sensor in device.query_sensors()
            }
            assert found == sensors
            del device
            pipeline = started(context, rs.format.rgb8)
            depth = next_frames(frames, pipeline, ticks).get_depth_frame()
            np.testing.assert_allclose(depth.get_units(), units, rtol=1e-6)
            del depth
            pipeline.stop()
            del pipeline


def every_declared_color_format_comes_out_right(cell_dir: Path) -> None:
    frames = writer(cell_dir)
    expected = {
        rs.format.rgb8: RGB,
        rs.format.bgr8: RGB[:, :, ::-1],
        rs.format.rgba8: cv2.cvtColor(RGB, cv2.COLOR_RGB2RGBA),
        rs.format.bgra8: cv2.cvtColor(RGB, cv2.COLOR_RGB2BGRA),
    }
    with context_of(cell_dir, "D435") as context:
        wait_for(lambda: len(context.query_devices()) == 1)
        ticks = count(1000, 66)
        for kind, picture in expected.items():
            pipeline = started(context, kind)
            found = next_frames(frames, pipeline, ticks)
            np.testing.assert_array_equal(np.asanyarray(found.get_color_frame().get_data()), picture)
            np.testing.assert_array_equal(np.asanyarray(found.get_depth_frame().get_data()), DEPTH)
            del found
            pipeline.stop()
            del pipeline


def stamps_and_metadata_are_set_on_every_frame(cell_dir: Path) -> None:
    frames = writer(cell_dir)
    with context_of(cell_dir, "D405") as context:
        wait_for(lambda: len(context.query_devices()) == 1)
        pipeline = started(context, rs.format.rgb8)
        ticks, pairs = count(1000, 66), []
        for _ in range(3):
            color = next_frames(frames, pipeline, ticks).get_color_frame()
            tick = round(color.get_timestamp())
            assert color.get_frame_timestamp_domain() == rs.timestamp_domain.global_time
            assert color.get_frame_metadata(rs.frame_metadata_value.sensor_timestamp) == tick * 1000
            assert color.get_frame_metadata(rs.frame_metadata_value.frame_counter) == color.get_frame_number()
            pairs.append((tick, color.get_frame_number()))
            del color
        (first_tick, first), *later = pairs
        assert [tick for tick, _ in later] == [first_tick + 66 * (number - first) for _, number in later]
        pipeline.stop()
        del pipeline


def color_and_depth_of_one_tick_stay_together(cell_dir: Path) -> None:
    frames = writer(cell_dir)
    with context_of(cell_dir, "D435") as context:
        wait_for(lambda: len(context.query_devices()) == 1)
        pipeline = started(context, rs.format.rgb8)
        ticks = count(1000, 33)  # faster than the profile's 15 Hz: the real rate is in the metadata
        stamps: dict[float, float] = {}  # of color -> of depth; a repeated color means that depth came alone
        while len(stamps) < 30:
            found = next_frames(frames, pipeline, ticks)
            stamps.setdefault(found.get_color_frame().get_timestamp(), found.get_depth_frame().get_timestamp())
            del found
        assert list(stamps) == list(stamps.values())
        pipeline.stop()
        del pipeline


def a_restarted_renderer_is_found_again_even_if_its_ticks_start_anew(cell_dir: Path) -> None:
    frames = writer(cell_dir)
    with context_of(cell_dir, "D435") as context:
        wait_for(lambda: len(context.query_devices()) == 1)
        pipeline = started(context, rs.format.rgb8)
        next_frames(frames, pipeline, count(5000, 66))
        pipeline.stop()
        del pipeline
        frames_path(cell_dir, "eye").unlink()
        wait_for(lambda: len(context.query_devices()) == 0)
        frames = writer(cell_dir)
        wait_for(lambda: len(context.query_devices()) == 1)
        pipeline = started(context, rs.format.rgb8)
        found = next_frames(frames, pipeline, count(1, 66))
        assert found.get_color_frame().get_timestamp() < 5000
        del found
        pipeline.stop()
        del pipeline


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
