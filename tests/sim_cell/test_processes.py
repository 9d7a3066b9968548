"""World and renderer as processes that meet in one directory."""

import signal
import subprocess
import sys
import time

import pytest

from sim_cell.frames import FrameReader, frames_path
from sim_cell.throttle import frame_number, frame_tick
from support.solo_cell import running_world

pytestmark = [pytest.mark.slow, pytest.mark.system]

HOST = "127.0.64.11"


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def start_renderer(folder):
    return subprocess.Popen([sys.executable, "-m", "sim_cell.renderer_main", "--cell-dir", str(folder)])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_every_due_picture_is_drawn_and_the_renderer_ends_alone(tmp_path, number):
    with running_world(tmp_path, HOST) as cell:
        renderer = start_renderer(tmp_path)
        wait_until(lambda: cell.control.rendered_tick >= 0)
        reader, seen = FrameReader(frames_path(tmp_path, "front")), []

        def look():
            frame = reader.read_newer(seen[-1] if seen else -1)
            if frame is not None:
                seen.append(frame.tick)
            return len(seen) > 15

        wait_until(look)
        # The first picture may be of any tick: the world ran while the renderer started.
        first = frame_number(seen[1], 15.0)
        assert seen[1:] == [frame_tick(first + index, 15.0) for index in range(len(seen) - 1)]
        renderer.send_signal(number)
        assert renderer.wait(20) == 0
        before = cell.control.tick
        wait_until(lambda: cell.control.tick > before + 300)


def test_the_world_waits_for_a_renderer_that_stopped(tmp_path):
    with running_world(tmp_path, HOST) as cell:
        renderer = start_renderer(tmp_path)
        wait_until(lambda: cell.control.rendered_tick >= 0)
        renderer.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        assert cell.control.tick <= cell.control.rendered_tick + 134 + 10
        renderer.send_signal(signal.SIGCONT)
        there = cell.control.tick + 300
        wait_until(lambda: cell.control.tick > there)
        renderer.terminate()
        assert renderer.wait(20) == 0


def test_the_renderer_ends_with_its_world(tmp_path):
    with running_world(tmp_path, HOST) as cell:
        renderer = start_renderer(tmp_path)
        wait_until(lambda: cell.control.rendered_tick >= 0)
        cell.process.terminate()
        assert cell.process.wait(10) == 0
        assert renderer.wait(20) == 0
