"""A policy that says nothing more, or a clock that jumps: how the arm comes to rest."""

import numpy as np
import pytest

from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.bridge_rig import PERIOD, SAFETY, Rig
from support.robot_server.record import speeds, travelled

pytestmark = pytest.mark.robot
SECOND = 1_000_000_000
REST_TICKS = 450
"""After the time of the last row: the arm's lag behind the setpoints, and braking."""


@pytest.mark.parametrize("cause", ["killed", "hung", "its camera unplugged"])
def test_no_more_chunks_in_open_loop(rig: Rig, cause: str):
    """The chunk's own way and not more; at rest 450 ticks after its time; holding, and finished is what is told."""
    rig.send(rig.chunk(rows=8, dx=0.012))
    at, time_of_rows = rig.tick, round(8 * PERIOD * 1000)
    rig.run(time_of_rows + 1500)
    assert rig.mode is Mode.HOLDING
    assert rig.reports[-1].status is Status.FINISHED
    assert rig.ticks_to_rest("arm", at) <= time_of_rows + REST_TICKS
    assert travelled(rig.first.robot.record.rows(at)) == pytest.approx(8 * 0.012, abs=2e-3)
    rig.run(2000)
    assert rig.ticks_to_rest("arm", at) <= time_of_rows + REST_TICKS


def test_no_more_chunks_in_async(rig: Rig):
    """The rows of the last chunk that are left, at most eight; then as in open loop."""
    for _ in range(4):
        rig.send(rig.chunk(rows=8, dx=0.012))
        rig.run(200)
    last, time_of_rows = rig.tick, round(8 * PERIOD * 1000)
    rig.run(time_of_rows + 1500)
    assert rig.mode is Mode.HOLDING
    assert rig.ticks_to_rest("arm", last) <= time_of_rows + REST_TICKS
    assert travelled(rig.first.robot.record.rows(last)) <= 8 * 0.012 + 2e-3


@pytest.mark.parametrize("step", [3600 * SECOND, -SECOND // 2, -3600 * SECOND])
def test_clock_step_in_motion(rig: Rig, step: int):
    """No tick faster than the cap, no way back of more than 1 mm, the same end; the chunk finishes."""
    rig.send(rig.chunk(rows=8, dx=0.012))
    rig.run(250)
    rig.now_ns += step
    rig.run(3000, until=lambda: rig.mode is Mode.HOLDING)
    rig.run(600)
    x = rig.first.robot.record.rows()["pose"][:, 0, 3]
    assert rig.reports[-1].status is Status.FINISHED
    assert x[-1] - x[0] == pytest.approx(8 * 0.012, abs=2e-4)
    assert speeds(rig.first.robot.record.rows()).max() <= SAFETY.speed_cap * 1.01
    assert np.max(np.maximum.accumulate(x) - x) < 1e-3


@pytest.mark.parametrize(("step", "reason"), [(3600 * SECOND, "s old"), (-3600 * SECOND, "before the start")])
def test_answer_to_an_observation_from_before_a_clock_step(rig: Rig, step: int, reason: str):
    """Refused, with the age; an arm at rest does not move."""
    seen = rig.chunk()
    rig.now_ns += step
    rig.send(rig.chunk(observation_ns=rig.now_ns) if step < 0 else seen)
    rig.run(300)
    assert rig.reports[-1].status is Status.REFUSED
    assert reason in rig.reports[-1].reason
    assert travelled(rig.first.robot.record.rows()) == 0.0
