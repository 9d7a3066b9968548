"""Round trip: what a demonstration's symbols say, done again open loop, ends where it ended and does the task."""

from pathlib import Path

import pytest

from molmoact.profile import load_profile
from support.replaying import demonstrate, replay
from support.solo_cell import CONFIG, Arm, running_world

TASK = "put_block_in_tray"
APART = 0.010
"""Metres; symbols are a tenth of a millimetre coarse, and steps beyond the statistics' q01 and q99 are cut."""


@pytest.mark.robot
@pytest.mark.slow
def test_a_demonstration_played_from_its_symbols_ends_where_it_ended_and_does_the_task(tmp_path: Path):
    profile = load_profile(CONFIG / "policy/profiles/expert.yaml")
    with (
        running_world(tmp_path, "127.0.106.1") as cell,
        Arm("127.0.106.1", list(cell.files.scene.arms["arm"].home)) as arm,
    ):
        shown = demonstrate(cell, arm, TASK, seed=0)
        (played,) = replay(cell, arm, TASK, [shown], profile, no_ops=True)
    assert shown.success
    assert played.success
    assert played.apart < APART
