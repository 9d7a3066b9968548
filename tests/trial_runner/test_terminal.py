from dataclasses import replace

import pytest
from rich.console import Console

from synthetic_run import INSTRUCTION
from trial_runner.episode import EpisodeResult
from trial_runner.summary import summarise_bag
from trial_runner.terminal import print_summary, success_line


@pytest.fixture(scope="module")
def summary(synthetic_bag):
    return summarise_bag(synthetic_bag)


def printed(summary, results) -> str:
    console = Console(record=True, width=100, quiet=True)
    with console.capture() as capture:
        console.quiet = False
        print_summary(summary, results, console)
    return capture.get()


def test_table_says_what_happened(summary):
    said = printed(summary, [])
    for words in (INSTRUCTION, "solved", "chunks finished", "69 mm/s", "ms median", "lost by the recorder"):
        assert words in said


def test_one_episode_needs_no_table_of_its_own(summary):
    assert "episodes" not in printed(summary, [EpisodeResult(4, success=True)])


def test_several_episodes_are_listed(summary):
    said = printed(summary, [EpisodeResult(0, success=True, finished=9), EpisodeResult(1, world_seconds=60.0)])
    assert "episodes" in said
    assert "not solved" in said
    assert "60.0" in said


@pytest.mark.parametrize(
    ("episodes", "said"),
    [({}, "not known"), ({1: True}, "solved"), ({1: False}, "not solved"), ({1: True, 2: False}, "solved in 1 of 2")],
)
def test_success_in_a_few_words(summary, episodes, said):
    assert success_line(replace(summary, episodes=episodes)).startswith(said)
