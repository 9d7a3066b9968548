"""Control block and snapshots between processes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from molmoact_common.errors import UnreachableError
from sim_cell.shared import NO_LIMIT, SNAPSHOT_FILE, Control, Snapshot, SnapshotRing, attach
from support.snapshots import snapshot

Q = np.arange(14.0).reshape(2, 7)


def at(tick: int) -> Snapshot:
    filled = {"qpos": np.full(30, float(tick)), "objects": np.full((3, 7), float(tick))}
    return snapshot(tick, arms=2, q=Q, opening=np.array([0.5, 1.0]), moving=np.array([False, True]), **filled)


@pytest.fixture
def ring(tmp_path):
    return SnapshotRing.create(tmp_path, joints=30, objects=3, arms=2, slots=8)


def test_a_fresh_block_limits_nothing_and_knows_no_renderer(tmp_path):
    control = Control.create(tmp_path)
    assert (control.tick, control.hold_tick, control.rendered_tick, control.stop) == (0, NO_LIMIT, -1, 0)


def test_what_one_side_writes_the_other_reads(tmp_path):
    ours, _ = Control.create(tmp_path), SnapshotRing.create(tmp_path, 30, 3)
    theirs, _ = attach(tmp_path, 1)
    ours.put(tick=5, task="put_block_in_tray", seed=-3)
    assert (theirs.tick, theirs.task, theirs.seed) == (5, "put_block_in_tray", -3)


def test_a_reset_is_asked_for_with_a_rising_number(tmp_path):
    control = Control.create(tmp_path)
    assert [control.ask_reset("a", 1), control.ask_reset("b", 2)] == [1, 2]
    assert control.request == (2, "b", 2)


def test_nothing_to_attach_to_is_told_in_one_line(tmp_path):
    with pytest.raises(UnreachableError, match=r"no world in .* start cell_world"):
        attach(tmp_path, 0.0)


def test_an_empty_ring_has_nothing(ring):
    assert ring.newest() is None
    assert ring.at(100) is None


def test_snapshots_come_back_whole(ring):
    ring.write(at(5))
    found = ring.newest()
    assert (found.tick, found.opening.tolist(), found.moving.tolist()) == (5, [0.5, 1.0], [False, True])
    np.testing.assert_array_equal(found.q, Q)
    np.testing.assert_array_equal(found.objects, np.full((3, 7), 5.0))


def test_the_newest_at_or_before_a_tick_is_found(ring):
    for tick in (0, 5, 10):
        ring.write(at(tick))
    assert ring.at(9).tick == 5
    assert ring.at(10).tick == 10
    assert ring.exactly(9) is None
    assert ring.exactly(5).tick == 5


def test_what_was_overwritten_is_not_found(ring):
    for tick in range(20):
        ring.write(at(tick))
    assert ring.newest().tick == 19
    assert ring.at(12).tick == 12
    assert ring.at(11) is None


TESTS = str(Path(__file__).parents[1])

WRITER = """
import sys
from pathlib import Path
import numpy as np
from sim_cell.shared import SnapshotRing
from support.snapshots import snapshot
ring = SnapshotRing(Path(sys.argv[1]))
for tick in range(20_000):
    ring.write(snapshot(tick, qpos=np.full(30, tick), objects=np.full((3, 7), tick)))
"""


def test_a_reader_never_sees_half_a_snapshot(tmp_path):
    ring = SnapshotRing.create(tmp_path, 30, 3, slots=2)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / SNAPSHOT_FILE)], env={**os.environ, "PYTHONPATH": TESTS}
    )
    seen = set()
    while writer.poll() is None:
        found = ring.newest()
        if found is not None:
            seen.add(found.tick)
            assert np.all(found.qpos == found.tick)
            assert np.all(found.objects == found.tick)
    assert writer.returncode == 0
    assert len(seen) > 10
    assert ring.newest().tick == 19_999
