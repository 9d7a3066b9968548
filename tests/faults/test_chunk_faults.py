"""What a policy can send: nonsense, too much, too late, twice, out of order; and what the arm does then."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from molmoact.protocol.answer import AnswerError, parse_answer
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact_common.ros.messages import chunk_from_message, chunk_to_message
from support.bridge_rig import PERIOD, SAFETY, Rig
from support.robot_server.record import speeds, travelled

pytestmark = pytest.mark.robot
SECOND = 1_000_000_000


def deltas(value: float, column: int = 0) -> np.ndarray:
    rows = np.tile([0.004, 0, 0, 0, 0, 0, 1.0], (8, 1))
    rows[3, column] = value
    return rows


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deltas": deltas(np.nan)}, "finite: the chunk holds nan in row 3, column 0"),
        ({"deltas": deltas(np.inf, 6)}, "finite: the chunk holds inf in row 3, column 6"),
        ({"deltas": deltas(0.08)}, "row_size: the chunk moves 80 mm in a row"),
        ({"deltas": deltas(2.0, 4)}, "row_size: the chunk turns 2.00 rad in a row"),
        ({"deltas": deltas(6.3, 4)}, "row_size: the chunk turns 6.30 rad in a row"),
        ({"deltas": deltas(1e300, 4)}, "row_size: the chunk turns"),
        ({"deltas": np.zeros((8, 14))}, "shape: the chunk has shape (8, 14)"),
        ({"deltas": np.zeros((0, 7))}, "shape: the chunk has shape (0, 7)"),
        ({"arms": ("left", "right")}, "shape: the chunk is for arms left, right"),
        ({"step_period": 0.0}, "finite: the chunk has a step period of 0.0 s"),
        ({"step_period": np.nan}, "finite: the chunk has a step period of nan s"),
        ({"command_step": 10**9}, "anchor: the chunk starts from command step 1000000000"),
    ],
)
@pytest.mark.parametrize("moving", [False, True])
def test_nonsense(rig: Rig, moving: bool, changes: dict[str, Any], reason: str):
    """Refused whole, with the row and the figure; an arm at rest does not move, one in motion goes on as before."""
    if moving:
        rig.send(rig.chunk())
        rig.run(100)
    at = rig.tick
    rig.send(rig.chunk(**changes))
    assert rig.reports[-1].status is Status.REFUSED
    assert rig.reports[-1].reason.startswith(reason)
    rig.run(900)
    if moving:
        assert rig.reports[-1].status is Status.FINISHED
        assert rig.positions()[0, 0] - start_x(rig) == pytest.approx(0.064, abs=2e-4)
    else:
        assert travelled(rig.first.robot.record.rows(at)) == 0.0


def start_x(rig: Rig) -> float:
    return float(rig.first.robot.record.rows()["pose"][0, 0, 3])


def test_ten_times_too_far_but_not_absurd(rig: Rig):
    """Rows of 40 mm at 15 Hz, 600 mm/s: stretched in time to the speed cap, to the same end; "step_cap" is told."""
    at = rig.tick
    rig.send(rig.chunk(rows=6, dx=0.04))
    rig.run(4000, until=lambda: rig.mode is Mode.HOLDING)
    rig.run(400)
    assert speeds(rig.first.robot.record.rows(at)).max() <= SAFETY.speed_cap * 1.01
    assert rig.positions()[0, 0] - start_x(rig) == pytest.approx(0.24, abs=2e-4)
    assert "step_cap" in rig.reports[-1].clipped


def lowest(rig: Rig) -> float:
    """Metres: the lowest point of rows that lead 0.7 m down, and forward, at the cap."""
    rig.send(rig.chunk(deltas=np.tile([0.02, 0, -0.045, 0, 0, 0, 1.0], (16, 1))))
    rig.run(8000, until=lambda: rig.mode is not Mode.RUNNING)
    rig.run(400)
    return float(rig.first.robot.record.rows()["pose"][:, 2, 3].min())


def test_through_the_table(rig: Rig):
    """The arm slows down, and never comes nearer to the table than its clearance; what held it is told."""
    assert lowest(rig) == pytest.approx(SAFETY.table_height + SAFETY.table_clearance, abs=1e-4)
    assert {"table_plane", "braking"} <= set(rig.reports[-1].clipped)


@pytest.mark.parametrize(("age", "running"), [(10.1, False), (3.1, True)])
def test_late(rig: Rig, age: float, running: bool):
    """An observation older than 10 s, in motion 3 s, is not acted on; its age is told."""
    rig.now_ns += 20 * SECOND
    if running:
        rig.send(rig.chunk())
        rig.run(50)
    rig.send(rig.chunk(observation_ns=rig.now_ns - int(age * SECOND)))
    assert rig.reports[-1].status is Status.REFUSED
    assert f"{age:.2f} s old" in rig.reports[-1].reason


def test_answer_overtaken_by_the_steps_since(rig: Rig):
    """A chunk whose rows were all made meanwhile moves nothing."""
    stale = rig.chunk()
    rig.send(rig.chunk())
    rig.run(900)
    at = rig.tick
    rig.send(rig.chunk(command_step=stale.command_step, observation_ns=stale.observation_ns))
    assert "8 steps were made since its observation" in rig.reports[-1].reason
    rig.run(200)
    assert travelled(rig.first.robot.record.rows(at)) < 1e-4


def ends(rig: Rig) -> float:
    """Metres along x once everything has come to rest."""
    rig.run(2000, until=lambda: rig.mode is not Mode.RUNNING)
    rig.run(400)
    return float(rig.positions()[0, 0]) - start_x(rig)


def test_duplicated(rig: Rig):
    """The same message twice, at once and later: 64 mm once; told by its number."""
    chunk = rig.chunk()
    rig.send(chunk)
    rig.send(chunk)
    rig.run(300)
    rig.send(chunk)
    assert [report.status for report in rig.reports[:2]] == [Status.ACCEPTED, Status.REFUSED]
    assert all("sequence" in report.reason for report in rig.reports[1:])
    assert ends(rig) == pytest.approx(0.064, abs=2e-4)


def test_reordered(rig: Rig):
    """The older of two that overtook each other is dropped: the newer one's 64 mm, and not 128."""
    older, newer = rig.chunk(), rig.chunk()
    rig.send(newer)
    rig.send(older)
    assert rig.reports[-1].reason.startswith("sequence")
    assert ends(rig) == pytest.approx(0.064, abs=2e-4)


@pytest.mark.parametrize(
    "cut", [lambda m: m.deltas.pop(), lambda m: setattr(m, "steps", 9), lambda m: setattr(m, "frame", "")]
)
def test_half_written_message(rig: Rig, cut: Callable[[Any], object]):
    """Numbers that do not fill the steps, or a frame that nobody knows: refused before the bridge sees it."""
    message = chunk_to_message(rig.chunk())
    cut(message)
    with pytest.raises(ValueError, match=r"do not fill|DeltaFrame"):
        chunk_from_message(message)


def test_half_written_answer():
    """An answer that breaks off anywhere, even within its last symbol, is refused whole: no chunk is made of it."""
    symbols = ActionSymbols.printed()
    bins = np.arange(56).reshape(8, 7)
    text = write_answer(Wording.SINGLE_VIEW, symbols, bins, depth=tuple(range(100)), traces=(((0, 255), (12, 7)),))
    whole = text.rstrip(".")
    assert parse_answer(whole, symbols, steps=8).bins.tolist() == bins.tolist()
    for length in range(len(whole)):
        with pytest.raises(AnswerError):
            parse_answer(whole[:length], symbols, steps=8)


def test_async_answers_make_no_step_twice(rig: Rig):
    """Each chunk comes three steps after its observation and takes over: the way is that of the steps, each once."""
    rig.send(rig.chunk())
    for _ in range(6):
        seen = rig.chunk()
        rig.run(round(3 * PERIOD * 1000))
        rig.send(seen)
    last = rig.reports[-1]
    assert last.status is Status.ACCEPTED
    whole = ends(rig)
    steps = next(iter(rig.bridge.snapshot().values())).command_step
    assert whole == pytest.approx(0.008 * steps, abs=2e-4)
