"""Scenarios of cameras on real librealsense pipelines; each runs in a process of its own (see test_device)."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from camera_nodes.capture import Capture
from camera_nodes.config import CameraConfig, HealthLimits, StreamProfile
from camera_nodes.device import CameraDevice
from camera_nodes.health import Health, Level
from camera_nodes.lifecycle import CameraState, Instant
from camera_nodes.stamps import StampDomain
from camera_nodes.worker import CameraWorker
from molmoact_common.errors import ConfigError
from sim_cell.software_cameras import SoftwareContext, make_context
from support.moving_frames import INTRINSICS, MovingFrames, color_of

LIMIT_S = 20.0
FRONT = CameraConfig(
    model="D435",
    serial="cell_front",
    color=StreamProfile(width=320, height=240, fps=30),
    health=HealthLimits(silence=0.4, frozen_frames=5),
)
WRIST = FRONT.model_copy(
    update={"model": "D405", "serial": "cell_wrist", "color": StreamProfile(width=424, height=240, fps=30)}
)


def now() -> Instant:
    return Instant(time.monotonic(), time.time_ns())


@contextmanager
def cell(cell_dir: Path, **depths: int | None) -> Iterator[SoftwareContext]:
    models = {"front": "D435", "wrist": "D405"}
    context = make_context({"cell_dir": str(cell_dir), "cameras": {name: {"model": models[name]} for name in depths}})
    with MovingFrames(cell_dir, depths):
        try:
            wait_for(lambda: len(context.query_devices()) == len(depths))
            yield context
        finally:
            context.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def step_until(device: CameraDevice, state: CameraState) -> Capture | None:
    deadline = time.monotonic() + LIMIT_S
    while True:
        capture = device.step(now())
        if device.condition.state is state:
            return capture
        assert time.monotonic() < deadline, f"still {device.condition}"
        if device.is_idle:
            time.sleep(0.02)


def captures(device: CameraDevice, count: int) -> list[Capture]:
    found = [step_until(device, CameraState.STREAMING)]
    deadline = time.monotonic() + LIMIT_S
    while len([c for c in found if c is not None]) < count:
        assert time.monotonic() < deadline
        found.append(device.step(now()))
    return [c for c in found if c is not None]


def pictures_stamps_and_lens_come_through(cell_dir: Path) -> None:
    with cell(cell_dir, front=None) as context:
        device = CameraDevice(context, FRONT.serial, FRONT)
        for capture in captures(device, 5):
            assert capture.rgb.shape == (240, 320, 3)
            assert capture.depth is None
            assert capture.domain is StampDomain.GLOBAL
            assert (capture.rgb == color_of(round(capture.timestamp_ms))).all()
            del capture
        assert device.lens is not None
        np.testing.assert_allclose((device.lens.fx, device.lens.fy, device.lens.ppx, device.lens.ppy), INTRINSICS)
        assert device.condition.temperature is not None
        device.close()


def depth_comes_in_millimetres_on_both_models(cell_dir: Path) -> None:
    with cell(cell_dir, front=1234, wrist=1234) as context:
        for config, millimetres in ((FRONT, 1234), (WRIST, 123)):
            device = CameraDevice(context, config.serial, config.model_copy(update={"aligned_depth": True}))
            found = None
            while found is None:  # on a loaded machine the syncer may let a color picture go alone
                found = captures(device, 1)[0].depth
            assert found.dtype == np.uint16
            assert found.shape == (config.color.height, config.color.width)
            assert (found == millimetres).all()
            del found
            device.close()


def an_absent_camera_is_told_with_those_present_and_found_when_it_comes(cell_dir: Path) -> None:
    with cell(cell_dir, front=None, wrist=None) as context:
        context.unplug("front")
        device = CameraDevice(context, FRONT.serial, FRONT)
        device.step(now())
        assert device.condition.state is CameraState.ABSENT
        assert device.condition.detail == "no camera of serial cell_front; present: cell_wrist"
        context.plug("front")
        step_until(device, CameraState.STREAMING)
        device.close()


def an_unplugged_camera_is_lost_then_absent_then_streams_again(cell_dir: Path) -> None:
    with cell(cell_dir, front=None) as context:
        device = CameraDevice(context, FRONT.serial, FRONT)
        first = captures(device, 1)[0].stream
        context.unplug("front")
        step_until(device, CameraState.LOST)
        assert device.condition.detail == "no frame for 0.4 s"
        step_until(device, CameraState.ABSENT)
        context.plug("front")
        assert captures(device, 3)[-1].stream == first + 1
        device.close()


def a_silent_camera_is_started_anew_until_it_speaks(cell_dir: Path) -> None:
    with cell(cell_dir, front=None) as context:
        device = CameraDevice(context, FRONT.serial, FRONT)
        captures(device, 1)
        context.silence("front", True)
        step_until(device, CameraState.LOST)
        step_until(device, CameraState.STARTING)
        step_until(device, CameraState.LOST)
        context.silence("front", False)
        assert captures(device, 3)[-1].stream > 2
        device.close()


def a_frozen_picture_is_told_and_a_moving_one_is_fine(cell_dir: Path) -> None:
    with cell(cell_dir, front=None) as context:
        device = CameraDevice(context, FRONT.serial, FRONT)
        health = Health(FRONT.health, FRONT.color.fps)

        def watch(count: int) -> Level:
            for capture in captures(device, count):
                health.frame_came(round(capture.timestamp_ms * 1e6), capture)
            return health.report(device.condition, time.time_ns()).level

        watch(3)
        assert not health.is_frozen()
        context.freeze("front", True)
        assert watch(10) is Level.ERROR
        assert "frozen" in health.report(device.condition, time.time_ns()).message
        context.freeze("front", False)
        watch(10)
        assert not health.is_frozen()
        device.close()


def what_the_device_is_not_or_does_not_offer_is_refused(cell_dir: Path) -> None:
    vga = StreamProfile(width=640, height=480, fps=30)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"color": vga}, "no color profile 640x480@30; D435 offers: 320x240@6|15|30|60"),
        ({"aligned_depth": True}, "no depth profile 320x240@30; D435 offers: none"),
        ({"model": "D405"}, "is an Intel RealSense D435, not a D405"),
        ({"options": {"laser_power": 1.0}}, "option laser_power is none of this camera's: "),
        ({"options": {"exposure": 0.0}}, "option exposure: 0 is not in 1..165000"),
    ]
    with cell(cell_dir, front=None) as context:
        for change, line in cases:
            try:
                CameraDevice(context, FRONT.serial, FRONT.model_copy(update=change)).step(now())
            except ConfigError as error:
                told = str(error)
            else:
                told = "nothing"
            assert line in told, told


def options_reach_the_sensor(cell_dir: Path) -> None:
    import pyrealsense2 as rs  # noqa: PLC0415  only this scenario looks behind the node's back

    with cell(cell_dir, front=None) as context:
        config = FRONT.model_copy(update={"options": {"enable_auto_exposure": 0.0, "exposure": 120.0}})
        device = CameraDevice(context, FRONT.serial, config)
        captures(device, 1)
        found = [s for s in context.query_devices()[0].query_sensors() if s.supports(rs.option.exposure)]
        assert [sensor.get_option(rs.option.exposure) for sensor in found] == [120.0]
        device.close()
        del found


def one_camera_streams_on_while_the_other_is_unplugged(cell_dir: Path) -> None:
    with cell(cell_dir, front=None) as front_context, cell(cell_dir, wrist=None) as wrist_context:
        streams: list[int] = []
        front_device = CameraDevice(front_context, FRONT.serial, FRONT)
        patient = WRIST.model_copy(update={"health": HealthLimits(silence=10.0)})
        wrist_device = CameraDevice(wrist_context, WRIST.serial, patient)
        front = CameraWorker(front_device, now, lambda _capture: None)
        wrist = CameraWorker(wrist_device, now, lambda capture: streams.append(capture.stream))
        wait_for(lambda: front_device.condition.state is CameraState.STREAMING and bool(streams))
        front_context.unplug("front")
        wait_for(lambda: front_device.condition.state is CameraState.ABSENT)
        seen = len(streams)
        assert wrist_device.condition.state is CameraState.STREAMING
        wait_for(lambda: len(streams) > seen + 10)
        front_context.plug("front")
        wait_for(lambda: front_device.condition.state is CameraState.STREAMING)
        front.close()
        wrist.close()
        assert set(streams) == {1}, "the other camera was interrupted"


def a_worker_keeps_what_ended_it(cell_dir: Path) -> None:
    with cell(cell_dir, front=None) as context:
        device = CameraDevice(context, FRONT.serial, FRONT.model_copy(update={"model": "D405"}))
        worker = CameraWorker(device, now, lambda _capture: None)
        deadline = time.monotonic() + LIMIT_S
        try:
            while time.monotonic() < deadline:
                worker.raise_failure()
                time.sleep(0.01)
        except ConfigError:
            worker.close()
            return
        raise AssertionError("no failure came")


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
