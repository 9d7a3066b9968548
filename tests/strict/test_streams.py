"""What the demo streams, and what is harder: a robot with an FR3's limits takes all of it."""

import numpy as np
import pytest

from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from strict.rig import CRUISE, Rig
from strict.streams import TURN, expert_rows, square, straight, there_and_back

pytestmark = pytest.mark.robot
END = 1e-3
"""Metres between where the rows lead and where the arm comes to rest."""


def hold_where_they_lead(rig: Rig, rows: np.ndarray | None = None) -> None:
    """The robot took all, and rests where `rows` lead, if they are given."""
    rig.run(1000)
    assert rig.mode is Mode.HOLDING, f"{rig.bridge.reason} {rig.new_complaints()}"
    assert rig.new_complaints() == []
    assert [report.reason for report in rig.reports if report.status is Status.DISCARDED] == []
    if rows is not None:
        meant = rows.reshape(len(rows), -1, 7)[..., :3].sum(axis=0)
        assert rig.positions() - rig.begin == pytest.approx(meant, abs=END)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_experts_path_in_open_loop(rig: Rig, seed: int):
    rows = expert_rows(rig.commanded(), seed)
    for first in range(0, len(rows), 8):
        rig.follow(rows[first : first + 8])
    hold_where_they_lead(rig, rows)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_experts_path_in_async(rig: Rig, seed: int):
    rows = expert_rows(rig.commanded(), seed)
    rig.stream(rows)
    hold_where_they_lead(rig, rows)


def test_rows_at_the_caps_along_and_about_each_axis(rig: Rig):
    for _, rows in there_and_back():
        rig.follow(rows)
    hold_where_they_lead(rig, np.zeros((1, 7)))


def test_reversals_in_motion(rig: Rig):
    """Each chunk preempts one at the cap that leads the other way, along each axis."""
    for axis in range(3):
        for sign in (1.0, -1.0, -1.0, 1.0):
            delta = np.zeros(6)
            delta[axis] = sign * CRUISE
            rig.send(rig.chunk(straight(6, *delta)))
            rig.run(300)
        rig.run(1000, until=lambda: rig.mode is not Mode.RUNNING)
    hold_where_they_lead(rig)


def test_corners_without_slowing_down(rig: Rig):
    rows = square()
    rig.stream(rows)
    hold_where_they_lead(rig, rows)


def test_shift_and_turn_at_once(rig: Rig):
    rows = straight(8, 0.7 * CRUISE, 0.0, -0.7 * CRUISE, 0.7 * TURN, 0.7 * TURN, 0.0)
    rig.follow(rows)
    rig.follow(np.column_stack([-rows[:, :6], rows[:, 6]]))
    hold_where_they_lead(rig, np.zeros((1, 7)))


def test_chunk_borders_in_async(rig: Rig):
    """A straight line at 0.8 of the cap over five chunks."""
    rows = straight(24, 0.0, 0.8 * CRUISE)
    rig.stream(rows)
    hold_where_they_lead(rig, rows)
