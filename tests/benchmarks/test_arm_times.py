import pytest

from bench.arm_times import ArmTime, real_time_factor, state_section
from bench.results import SPREAD
from molmoact_common.errors import UserError

MS = 1_000_000


def states(*milliseconds, numbers=None):
    """States sent at these times on the wall, which a robot at half speed counted."""
    return [
        ArmTime(number, stamp_ns=at * MS // 2, robot_ms=at // 2, sent_ns=at * MS, received_ns=at * MS + MS)
        for number, at in zip(numbers or range(len(milliseconds)), milliseconds, strict=True)
    ]


def row(section, label):
    return dict(zip(SPREAD, section.rows[label], strict=True))


def test_periods_and_jitter_are_those_of_each_clock():
    section = state_section(states(0, 10, 20, 34))
    assert row(section, "period: sent, wall clock") == {
        "median": 10.0, "mean": pytest.approx(34 / 3), "p99": pytest.approx(13.92), "max": 14.0, "count": 3,
    }  # fmt: skip
    assert row(section, "jitter: sent, wall clock")["max"] == 4.0
    assert row(section, "period: robot's 1 ms counter")["max"] == 7.0
    assert row(section, "jitter: stamp, graph's clock")["max"] == 5.0
    assert row(section, "publisher to subscriber")["median"] == 1.0


def test_no_period_reaches_across_a_lost_state_and_the_loss_is_told():
    section = state_section(states(0, 10, 40, 50, numbers=[7, 8, 11, 12]))
    assert row(section, "period: sent, wall clock")["max"] == 10.0
    assert "Lost: 2." in section.note


def test_two_neighbours_are_needed():
    for few in ([], states(0), states(0, 20, numbers=[1, 3])):
        with pytest.raises(UserError, match="bridge's log"):
            state_section(few)


def test_the_real_time_factor_is_robot_seconds_a_wall_second():
    assert real_time_factor(states(1000, 1200, 3000)) == 0.5
