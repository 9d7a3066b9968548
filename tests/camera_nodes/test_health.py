"""Rate, drops, frozen pictures and age, from made-up frames; no device and no clock."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_nodes.capture import Capture
from camera_nodes.config import HealthLimits
from camera_nodes.health import Health, Level, picture_digest
from camera_nodes.lifecycle import CameraState, Condition
from camera_nodes.stamps import StampDomain

MS = 1_000_000
STREAMING = Condition(CameraState.STREAMING, "")


def capture(number, color=None, stream=1):
    rgb = np.full((16, 16, 3), number % 256 if color is None else color, np.uint8)
    return Capture(rgb, None, number, 0.0, StampDomain.GLOBAL, stream)


def health(**limits):
    return Health(HealthLimits(**limits), fps=20)


def feed(watched, numbers, period_ms=50, start_ms=1000, **kind):
    for index, number in enumerate(numbers):
        watched.frame_came((start_ms + index * period_ms) * MS, capture(number, **kind))
    return (start_ms + (len(numbers) - 1) * period_ms) * MS


def test_a_steady_stream_is_well():
    watched = health()
    last = feed(watched, range(40))
    report = watched.report(STREAMING, last + 10 * MS)
    assert report.level is Level.OK
    assert report.message == "streaming at 20.0 Hz"
    assert report.values["rate_hz"] == "20.00"
    assert report.values["age_s"] == "0.010"


@given(st.sets(st.integers(0, 200), min_size=2))
def test_drops_are_the_numbers_that_are_missing(numbers):
    watched = health()
    feed(watched, sorted(numbers))
    missing = max(numbers) - min(numbers) + 1 - len(numbers)
    assert watched.report(STREAMING, 0).values["drops"] == str(missing)


def test_a_new_stream_starts_its_own_count_and_intervals():
    watched = health()
    feed(watched, range(100, 140))
    last = feed(watched, [1, 2, 3], start_ms=60_000, stream=2)
    report = watched.report(STREAMING, last)
    assert report.values["drops"] == "0"
    assert report.values["rate_hz"] == "20.00"
    assert report.values["frames"] == "43"


def test_a_slow_stream_is_told():
    watched = health()
    last = feed(watched, range(40), period_ms=100)
    report = watched.report(STREAMING, last)
    assert (report.level, report.message) == (Level.WARN, "10.0 Hz of 20")


def test_an_old_frame_is_told():
    watched = health(stale=0.5)
    last = feed(watched, range(5))
    assert watched.report(STREAMING, last + 499 * MS).level is Level.OK
    report = watched.report(STREAMING, last + 2000 * MS)
    assert (report.level, report.message) == (Level.WARN, "newest frame is 2.00 s old (limit 0.5)")


def test_a_stamp_from_the_future_is_told():
    watched = health(stale=0.5)
    last = feed(watched, range(5))
    assert watched.report(STREAMING, last - 2000 * MS).level is Level.WARN


@pytest.mark.parametrize(("count", "frozen"), [(4, False), (5, True)])
def test_identical_pictures_in_a_row_are_frozen(count, frozen):
    watched = health(frozen_frames=5)
    last = feed(watched, range(count), color=7)
    assert watched.is_frozen() is frozen
    assert (watched.report(STREAMING, last).level is Level.ERROR) is frozen


def test_one_moving_picture_ends_the_freeze():
    watched = health(frozen_frames=3)
    feed(watched, range(6), color=7)
    feed(watched, [6], color=8, start_ms=2000)
    assert not watched.is_frozen()


def test_frozen_can_be_switched_off():
    watched = health(frozen_frames=None)
    feed(watched, range(100), color=7)
    assert not watched.is_frozen()


def test_a_clock_that_goes_back_starts_the_intervals_anew():
    watched = health()
    feed(watched, range(10), start_ms=50_000)
    feed(watched, range(10, 20), start_ms=1000)
    assert watched.rate() == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("state", "level"),
    [(CameraState.ABSENT, Level.ERROR), (CameraState.LOST, Level.ERROR), (CameraState.STARTING, Level.WARN)],
)
def test_a_camera_that_does_not_stream_tells_its_state_and_why(state, level):
    report = health().report(Condition(state, "because"), 0)
    assert report.level is level
    assert report.message == f"{state}: because"
    assert report.values["age_s"] == ""


def test_heat_is_told():
    watched = health(temperature=50.0)
    last = feed(watched, range(5))
    report = watched.report(Condition(CameraState.STREAMING, "", 61.2), last)
    assert (report.level, report.message) == (Level.WARN, "61 degrees C (limit 50)")
    assert report.values["temperature_c"] == "61.2"
    assert watched.report(Condition(CameraState.STREAMING, "", 49.0), last).level is Level.OK


def test_the_digest_sees_a_small_moving_thing_and_ignores_memory_layout():
    picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    moved = picture.copy()
    moved[100:110, 100:110] ^= 1
    assert picture_digest(picture) != picture_digest(moved)
    assert picture_digest(picture) == picture_digest(np.asfortranarray(picture))
