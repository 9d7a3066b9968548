"""Frame files: what is written comes back, whole or not at all, and a wrong file is refused in one line."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from molmoact_common.errors import ConfigError
from sim_cell.frames import FrameReader, FrameWriter

INTRINSICS = (300.0, 301.0, 159.5, 119.5)


def picture(value: int, width: int = 32, height: int = 24) -> np.ndarray:
    return np.full((height, width, 3), value, dtype=np.uint8)


def depth(value: int, width: int = 32, height: int = 24) -> np.ndarray:
    return np.full((height, width), value, dtype=np.uint16)


def test_frame_comes_back_as_written(tmp_path):
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    metres = rng.integers(0, 65536, (24, 32), dtype=np.uint16)
    writer = FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=True)
    writer.write(rgb, metres, 123456789012)
    reader = FrameReader(tmp_path / "front")
    frame = reader.read_newer(-1)
    assert (reader.width, reader.height, reader.has_depth, reader.intrinsics) == (32, 24, True, INTRINSICS)
    assert frame is not None
    assert frame.tick == 123456789012
    assert frame.depth is not None
    np.testing.assert_array_equal(frame.rgb, rgb)
    np.testing.assert_array_equal(frame.depth, metres)


def test_a_color_only_file_gives_no_depth(tmp_path):
    writer = FrameWriter(tmp_path / "front", 33, 25, INTRINSICS, depth=False)
    writer.write(picture(7, 33, 25), None, 1)
    frame = FrameReader(tmp_path / "front").read_newer(0)
    assert frame is not None
    assert frame.depth is None
    assert (frame.rgb == 7).all()


def test_only_newer_frames_are_given(tmp_path):
    writer = FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=False)
    reader = FrameReader(tmp_path / "front")
    assert reader.read_newer(-1) is None
    for tick in (0, 5, 6):
        writer.write(picture(tick), None, tick)
        frame = reader.read_newer(tick - 1)
        assert frame is not None
        assert frame.tick == tick
        assert reader.read_newer(tick) is None


def test_a_frame_once_read_does_not_change(tmp_path):
    writer = FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=False)
    reader = FrameReader(tmp_path / "front")
    writer.write(picture(1), None, 1)
    frame = reader.read_newer(-1)
    for tick in (2, 3, 4):
        writer.write(picture(tick), None, tick)
    assert frame is not None
    assert (frame.rgb == 1).all()


def test_a_half_written_frame_leaves_the_one_before(tmp_path):
    writer = FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=True)
    reader = FrameReader(tmp_path / "front")
    writer.write(picture(1), depth(1), 1)
    with pytest.raises(ValueError, match="uint16"):
        writer.write(picture(2), depth(2, width=31), 2)
    frame = reader.read_newer(-1)
    assert frame is not None
    assert frame.tick == 1
    assert (frame.rgb == 1).all()


def test_depth_must_be_there_exactly_where_it_was_promised(tmp_path):
    with_depth = FrameWriter(tmp_path / "with", 32, 24, INTRINSICS, depth=True)
    without = FrameWriter(tmp_path / "without", 32, 24, INTRINSICS, depth=False)
    with pytest.raises(ValueError, match="needs depth"):
        with_depth.write(picture(1), None, 1)
    with pytest.raises(ValueError, match="has no depth"):
        without.write(picture(1), depth(1), 1)


def test_a_restarted_writer_replaces_the_file_and_old_readers_keep_theirs(tmp_path):
    old = FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=False)
    old.write(picture(1), None, 1)
    reader = FrameReader(tmp_path / "front")
    old.close()
    new = FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=False)
    new.write(picture(2), None, 2)
    kept, fresh = reader.read_newer(-1), FrameReader(tmp_path / "front").read_newer(-1)
    assert kept is not None
    assert fresh is not None
    assert (kept.tick, fresh.tick) == (1, 2)
    assert not reader.is_current()
    assert FrameReader(tmp_path / "front").is_current()
    assert [path.name for path in tmp_path.iterdir()] == ["front"]


@pytest.mark.parametrize("content", [b"", b"x" * 40, b"x" * 4096])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "front").write_bytes(content)
    with pytest.raises(ConfigError, match="front"):
        FrameReader(tmp_path / "front")


def test_a_cut_file_is_refused(tmp_path):
    FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=False).close()
    whole = (tmp_path / "front").read_bytes()
    (tmp_path / "front").write_bytes(whole[:-1])
    with pytest.raises(ConfigError, match="too short"):
        FrameReader(tmp_path / "front")


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="renderer running"):
        FrameReader(tmp_path / "none")


def test_a_removed_file_is_not_current(tmp_path):
    FrameWriter(tmp_path / "front", 32, 24, INTRINSICS, depth=False).close()
    reader = FrameReader(tmp_path / "front")
    assert reader.is_current()
    (tmp_path / "front").unlink()
    assert not reader.is_current()


def test_no_torn_frame_while_another_process_writes_flat_out(tmp_path):
    path = tmp_path / "front"
    FrameWriter(path, 320, 240, INTRINSICS, depth=True).close()
    script = f"""
        import numpy as np, pathlib, sys
        from sim_cell.frames import FrameWriter
        writer = FrameWriter(pathlib.Path({str(path)!r}), 320, 240, {INTRINSICS}, depth=True)
        print("ready", flush=True)
        for tick in range(1, 3000):
            writer.write(np.full((240, 320, 3), tick % 256, np.uint8), np.full((240, 320), tick, np.uint16), tick)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    reader, seen, last = FrameReader(path), 0, -1
    while last < 2999 and process.poll() is None:
        frame = reader.read_newer(last)
        if frame is None:
            continue
        assert frame.tick > last
        assert frame.depth is not None
        assert (frame.rgb == frame.tick % 256).all()
        assert (frame.depth == frame.tick).all()
        seen, last = seen + 1, frame.tick
    assert process.wait(timeout=10) == 0
    assert seen > 10
