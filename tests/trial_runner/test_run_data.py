from dataclasses import replace

import pytest

from demo_recorder.reading import BagError
from demo_recorder.records import Outcome
from molmoact_common.chunks import Ledger
from support.synthetic_run import (
    CHUNKS,
    DISCARDED,
    INSTRUCTION,
    MS,
    REFUSED_BY_BRIDGE,
    REFUSED_BY_POLICY,
)
from trial_runner.run_data import ChunkStory, Verdict, load_run


@pytest.fixture(scope="module")
def run(synthetic_bag):
    return load_run(synthetic_bag)


def story(run, sequence: int) -> ChunkStory:
    return next(story for story in run.stories if story.sequence == sequence)


def test_every_observation_has_one_story_in_order(run):
    assert [story.sequence for story in run.stories] == list(range(1, CHUNKS + 1))


@pytest.mark.parametrize(
    ("sequence", "verdict", "why"),
    [
        (1, Verdict.FINISHED, ""),
        (REFUSED_BY_POLICY, Verdict.UNANSWERED, "row 4 of the action has 6 of 7 symbols"),
        (REFUSED_BY_BRIDGE, Verdict.REFUSED, "row 0 leaves the workspace box"),
        (DISCARDED, Verdict.DISCARDED, "step 5: 31 N at the TCP"),
        (CHUNKS, Verdict.OPEN, ""),
    ],
)
def test_story_ends_as_policy_and_bridge_said(run, sequence, verdict, why):
    assert (story(run, sequence).verdict, story(run, sequence).why) == (verdict, why)


def test_chunks_are_numbered_from_one_whatever_their_sequence(run):
    assert [story.number for story in run.stories] == list(range(1, CHUNKS + 1))


def test_story_keeps_the_fullest_reasoning(run):
    assert story(run, 1).reasoning.text.startswith("The depth map")
    assert len(story(run, 1).reasoning.traces["arm"]) == 5


def test_ledger_joins_what_policy_and_bridge_stamped(run):
    ledger = story(run, 4).ledger  # of a sequence whose stamps are not stretched
    assert (ledger.exposure, ledger.action) == (3700 * MS, 3990 * MS)
    assert ledger.last_step_applied - ledger.first_step_applied == 700 * MS
    assert ledger.forward_passes == 44


def test_story_without_a_word_of_the_policy_still_has_a_time(run):
    assert ChunkStory(5, statuses=story(run, 5).statuses).observed_ns == story(run, 5).statuses[0].stamp_ns
    assert ChunkStory(5, chunk=story(run, 5).chunk).observed_ns == story(run, 5).observed_ns


def test_story_without_stamps_has_an_empty_ledger():
    assert ChunkStory(1).ledger == Ledger()


def test_instruction_is_the_last_that_was_reasoned_about(run):
    assert run.instruction == INSTRUCTION
    assert replace(run, stories=[]).instruction == run.info.instruction


@pytest.mark.parametrize(
    ("time", "clock", "in_lockstep"),
    [("", "time", False), ("lockstep", "world time", True), ("realtime", "world time", False)],
)
def test_time_is_the_worlds_where_the_recording_says_so(run, told_time, time, clock, in_lockstep):
    told = told_time(run, time)
    assert (told.clock, told.in_lockstep) == (clock, in_lockstep)


def test_recording_that_says_nothing_of_time_is_in_no_lockstep(run):
    assert (run.clock, run.in_lockstep) == ("time", False)


def test_absent_bag_is_a_line(tmp_path):
    with pytest.raises(BagError):
        load_run(tmp_path / "none")


@pytest.mark.parametrize(
    ("outcome", "steps_done", "executed"),
    [
        (Outcome.FINISHED, 8, True),
        (Outcome.REPLACED, 3, True),
        (Outcome.REPLACED, 0, False),
        (Outcome.DISCARDED, 5, False),
    ],
)
def test_a_chunk_was_executed_to_its_end_or_until_a_newer_one_took_over(run, outcome, steps_done, executed):
    status = replace(story(run, 1).statuses[-1], outcome=outcome, steps_done=steps_done)
    assert ChunkStory(1, statuses=[status]).executed is executed
