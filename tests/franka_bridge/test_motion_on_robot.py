"""How the arm moves, tick by tick on the robot's side of the wire: lengths, speed factors, borders between chunks."""

from collections.abc import Iterator

import numpy as np
import pytest

from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.bridge_rig import PERIOD, SAFETY, Rig, rig_at
from support.robot_server.judge import breaches
from support.robot_server.record import speeds

pytestmark = pytest.mark.robot
HOST = "127.0.63.7"


@pytest.fixture
def rig() -> Iterator[Rig]:
    """One arm, following."""
    with rig_at(HOST) as made:
        yield made


def finish(rig: Rig) -> None:
    """The chunk under way, and until the arm is at rest."""
    rig.run(30_000, until=lambda: rig.mode is Mode.HOLDING)
    rig.run(500)
    assert rig.reports[-1].status is Status.FINISHED


@pytest.mark.parametrize("factor", [*(pytest.param(f, marks=pytest.mark.slow) for f in (0.05, 0.1)), 0.3, 1.0])
def test_eight_deltas_of_8_mm_make_64_mm_at_every_speed_factor(rig: Rig, factor: float):
    """Commanded within 0.2 mm, measured within 1 mm, in the time that the factor says."""
    rig.bridge.set_speed_factor(factor)
    start, before = rig.positions()[0, 0], rig.bridge.snapshot()["arm"]
    begin = rig.now_ns
    rig.send(rig.chunk(step_period=0.1))
    rig.run(30_000, until=lambda: rig.mode is Mode.HOLDING)
    assert (rig.now_ns - begin) / 1e9 == pytest.approx(0.8 / factor, abs=0.05)
    finish(rig)
    after = rig.bridge.snapshot()["arm"]
    assert rig.positions()[0, 0] - start == pytest.approx(0.064, abs=2e-4)
    assert after.state.measured.position[0] - before.state.measured.position[0] == pytest.approx(0.064, abs=1e-3)
    fastest = speeds(rig.first.robot.record.rows()).max()
    assert fastest <= 1.1 * 0.08 * factor + 5e-4


def test_a_speed_factor_that_changes_on_the_way_makes_no_jump(rig: Rig):
    """From the cap to three tenths of it and back within one chunk: every limit kept, the same end."""
    rig.cruise()
    rig.bridge.set_speed_factor(0.3)
    rig.run(800)
    slow = rig.tick
    rig.run(300)
    assert speeds(rig.first.robot.record.rows(slow)) == pytest.approx(0.3 * SAFETY.speed_cap, rel=0.1)
    rig.bridge.set_speed_factor(1.0)
    finish(rig)
    rows = rig.first.robot.record.rows()
    assert breaches(rows) == []
    assert speeds(rows).max() <= 1.01 * SAFETY.speed_cap
    assert rows["pose"][-1, 0, 3] - rows["pose"][0, 0, 3] == pytest.approx(14 * SAFETY.speed_cap * PERIOD, abs=2e-4)


@pytest.mark.parametrize(("way", "period"), [(0.004, PERIOD), (0.008, 0.1), (0.0125, PERIOD), (0.25 * PERIOD, PERIOD)])
def test_at_the_borders_of_async_chunks_the_speed_falls_by_less_than_a_tenth(rig: Rig, way: float, period: float):
    """And no tick is faster than cruise by more than that; each chunk comes three steps after its observation."""
    rig.send(rig.chunk(dx=way, step_period=period))
    for _ in range(5):
        seen = rig.chunk(dx=way, step_period=period)
        rig.run(round(3000 * period) // 10 * 10)
        rig.send(seen)
    whole = speeds(rig.first.robot.record.rows())
    steady = whole[-round(9000 * period) :]  # past the first chunk, three borders
    cruise = float(np.median(steady))
    assert cruise == pytest.approx(way / period, rel=0.06)
    assert steady.min() > 0.9 * cruise
    assert whole.max() < 1.1 * cruise
    assert rig.reports[-1].status is Status.ACCEPTED


def test_an_open_loop_chunk_ends_in_a_smooth_stop(rig: Rig):
    """At the cap: no limit is passed, the speed only falls, and the arm goes on to its end and not back."""
    rig.cruise()
    finish(rig)
    rows = rig.first.robot.record.rows()
    assert breaches(rows) == []
    last = speeds(rows)[-900:]
    assert np.diff(last).max() < 2e-3
    x = rows["pose"][:, 0, 3]
    assert x.max() - x[-1] < 1e-5
