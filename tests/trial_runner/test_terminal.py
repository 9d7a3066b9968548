from dataclasses import replace

import pytest
from rich.console import Console

from support.synthetic_run import INSTRUCTION
from trial_runner.episode import EpisodeResult
from trial_runner.latencies import LOCKSTEP_NOTE
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
    for words in (INSTRUCTION, "solved", "8 finished", "69 mm/s", "ms median", "2 messages"):
        assert words in said


def test_one_episode_needs_no_table_of_its_own(summary):
    assert "episodes" not in printed(summary, [EpisodeResult(4, success=True)])


def test_several_episodes_are_listed(summary):
    unsolved = EpisodeResult(1, "stack the blocks", world_seconds=60.0)
    said = printed(summary, [EpisodeResult(0, success=True, executed=9), unsolved])
    for words in ("episodes", "not solved", "stack the blocks", "60.0"):
        assert words in said


def test_latencies_in_lockstep_come_with_what_must_be_known_of_them(summary):
    assert "virtual" not in printed(summary, [])
    said = " ".join(printed(replace(summary, in_lockstep=True), []).split())
    assert LOCKSTEP_NOTE in said


def test_latencies_are_few_lines_the_whole_first(summary):
    said = printed(summary, [])
    assert said.count("ms p99") == 4
    assert said.index("exposure to first step") < said.index("camera to policy") < said.index("reasoning")


@pytest.mark.parametrize(
    ("successes", "said"),
    [([], "not known"), ([True], "solved"), ([False], "not solved"), ([True, False], "solved in 1 of 2")],
)
def test_success_in_a_few_words(summary, successes, said):
    (told,) = summary.placements
    episodes = [replace(told, seed=seed, success=success) for seed, success in enumerate(successes)]
    assert success_line(replace(summary, placements=episodes)).startswith(said)
