"""When a camera is tried again, and when it counts as silent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_nodes.lifecycle import LAST_RETRY_S, CameraState, Instant, Lifecycle


def at(seconds, graph=None):
    return Instant(seconds, round((seconds if graph is None else graph) * 1e9))


def test_the_first_attempt_is_due_at_once():
    assert Lifecycle(2.0).attempt_is_due(at(0.0))


def test_retries_come_later_each_time_up_to_a_limit():
    lifecycle, now, waits = Lifecycle(2.0), 100.0, []
    for _ in range(6):
        lifecycle.failed(CameraState.ABSENT, "gone", at(now))
        wait = 0.0
        while not lifecycle.attempt_is_due(at(now + wait)):
            wait += 0.25
        waits.append(wait)
        now += wait
    assert waits == [0.5, 1.0, 2.0, 4.0, LAST_RETRY_S, LAST_RETRY_S]


def test_a_frame_makes_the_next_retry_quick_again():
    lifecycle = Lifecycle(2.0)
    for now in (0.0, 10.0, 20.0):
        lifecycle.failed(CameraState.LOST, "busy", at(now))
    lifecycle.started(at(30.0))
    lifecycle.frame_came(at(31.0))
    lifecycle.failed(CameraState.LOST, "silent", at(40.0))
    assert not lifecycle.attempt_is_due(at(40.4))
    assert lifecycle.attempt_is_due(at(40.5))


def test_a_running_stream_needs_no_attempt():
    lifecycle = Lifecycle(2.0)
    lifecycle.started(at(0.0))
    assert lifecycle.state is CameraState.STARTING
    assert not lifecycle.attempt_is_due(at(100.0))
    lifecycle.frame_came(at(1.0))
    assert lifecycle.state is CameraState.STREAMING
    assert not lifecycle.attempt_is_due(at(100.0))


@pytest.mark.parametrize(
    ("wall", "graph", "silent"),
    [(12.1, 12.1, True), (11.9, 11.9, False), (100.0, 10.5, False), (10.5, 100.0, False), (100.0, 5.0, False)],
)
def test_silence_needs_both_clocks(wall, graph, silent):
    lifecycle = Lifecycle(2.0)
    lifecycle.started(at(1.0))
    lifecycle.frame_came(at(10.0))
    assert lifecycle.is_silent(at(wall, graph)) is silent


def test_a_stream_without_a_first_frame_is_silent_too():
    lifecycle = Lifecycle(2.0)
    lifecycle.started(at(10.0))
    assert not lifecycle.is_silent(at(11.0))
    assert lifecycle.is_silent(at(12.5))


@given(st.lists(st.sampled_from(["absent", "lost", "frame"]), max_size=30))
def test_whatever_happens_a_failed_camera_is_tried_again_within_the_limit(events):
    lifecycle, now = Lifecycle(2.0), 0.0
    for event in [*events, "lost"]:
        now += 1.0
        if event == "frame":
            lifecycle.started(at(now))
            lifecycle.frame_came(at(now))
        else:
            lifecycle.failed(CameraState(event), "why", at(now))
    assert lifecycle.attempt_is_due(at(now + LAST_RETRY_S))
    assert not lifecycle.is_silent(at(now + 100))
