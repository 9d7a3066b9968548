from dataclasses import replace

import pytest

from support.synthetic_run import INSTRUCTION
from trial_runner.placements import placements
from trial_runner.run_data import load_run


@pytest.fixture(scope="module")
def run(synthetic_bag):
    return load_run(synthetic_bag)


def test_episodes_share_the_chunks_by_the_time_of_their_observation(run, two_seeds):
    first, second = placements(two_seeds(run))
    assert (first.seed, first.executed, first.success) == (4, 4, False)  # the policy refused one of five
    assert (second.seed, second.executed, second.success) == (5, 4, True)  # refused, discarded and open: three of seven
    assert first.instruction == second.instruction == INSTRUCTION


def test_episode_begins_with_its_first_observation(run, two_seeds):
    _, second = placements(two_seeds(run))
    assert second.begun_ns == next(s.observed_ns for s in run.stories if s.observed_ns >= 5_000_000_000)


def test_solved_episode_lasts_until_it_was_solved(run):
    (episode,) = placements(run)
    solved = next(cell.stamp_ns for cell in run.cells if cell.success)
    assert episode.world_seconds == pytest.approx((solved - episode.begun_ns) / 1e9)


def test_unsolved_episode_lasts_until_its_last_step(run, two_seeds):
    first, _ = placements(two_seeds(run))
    assert first.world_seconds == pytest.approx((run.stories[4].ledger.last_step_applied - first.begun_ns) / 1e9)


def test_placement_in_which_no_chunk_was_asked_for_is_no_episode(run):
    idle = [replace(run.cells[0], seed=99, stamp_ns=-2), replace(run.cells[0], seed=99, stamp_ns=-1)]
    assert [episode.seed for episode in placements(replace(run, cells=[*idle, *run.cells]))] == [4]


def test_success_told_before_the_first_observation_is_of_another_placement(run):
    first = run.stories[0].observed_ns
    cells = [replace(cell, success=cell.stamp_ns < first) for cell in run.cells]
    assert cells[0].success
    (episode,) = placements(replace(run, cells=cells))
    assert not episode.success


def test_without_a_cell_there_are_no_episodes(run):
    assert placements(replace(run, cells=[])) == []
