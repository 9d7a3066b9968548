"""Which snapshot is drawn next."""

import pytest

from sim_cell.renderer_main import next_snapshot
from sim_cell.shared import SnapshotRing
from support.snapshots import snapshot

RATE = 15.0


@pytest.fixture
def ring(tmp_path):
    return SnapshotRing.create(tmp_path, joints=9, objects=1)


def write(ring, *ticks):
    for tick in ticks:
        ring.write(snapshot(tick, joints=9, things=1))


def test_nothing_is_due_before_the_first_snapshot(ring):
    assert next_snapshot(ring, -1, RATE) is None


def test_the_first_picture_is_of_tick_zero(ring):
    write(ring, 0, 5)
    assert next_snapshot(ring, -1, RATE).tick == 0
    assert next_snapshot(ring, 0, RATE) is None


def test_every_picture_is_of_its_own_tick_however_late_it_is_drawn(ring):
    write(ring, 0, 5, 60, 65, 67, 70, 130)
    assert next_snapshot(ring, 0, RATE).tick == 67


def test_a_world_that_did_not_wait_is_drawn_as_it_is_now(ring):
    write(ring, 0, 67, 134, 200, 205)
    assert next_snapshot(ring, 0, RATE).tick == 200
