"""Figures of the control cycle."""

import pytest

from franka_bridge.cycle_times import CycleTimes


def test_tells_median_p99_and_longest_cycle_and_the_longest_period():
    times = CycleTimes()
    for number in range(50):
        times.add(number * 0.01, number * 0.01 + 0.002)
    times.add(0.53, 0.539)
    figures = {name: float(value) for name, value in times.figures().items()}
    assert figures["tick_p50_ms"] == pytest.approx(2.0)
    assert figures["tick_p99_ms"] == pytest.approx(5.5)
    assert figures["tick_max_ms"] == pytest.approx(9.0)
    assert figures["period_max_ms"] == pytest.approx(40.0)


def test_forgets_what_is_older_than_a_second():
    times = CycleTimes()
    times.add(0.0, 0.5)
    times.add(2.0, 2.001)
    assert times.figures()["tick_max_ms"] == "1.00"
    assert times.figures()["period_max_ms"] == "0.00"


def test_a_cycle_longer_than_the_window_is_told_of_too():
    times = CycleTimes()
    times.add(0.0, 1.5)
    assert times.figures()["tick_max_ms"] == "1500.00"


def test_without_a_cycle_there_are_no_figures():
    assert CycleTimes().figures() == {}
