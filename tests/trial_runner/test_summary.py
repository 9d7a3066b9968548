from dataclasses import replace

import numpy as np
import pytest

from demo_recorder.records import ArmMode
from support.synthetic_run import INSTRUCTION, STEP_MS, STEPS, step_target, write_synthetic_run
from trial_runner.latencies import SPAN_LABELS, STAGE_LABELS
from trial_runner.run_data import Verdict, load_run
from trial_runner.summary import positions, summarise, summarise_bag


@pytest.fixture(scope="module")
def run(synthetic_bag):
    return load_run(synthetic_bag)


@pytest.fixture(scope="module")
def summary(run):
    return summarise(run)


def test_chunks_are_counted_by_their_end(summary):
    others = (Verdict.DISCARDED, Verdict.REFUSED, Verdict.UNANSWERED, Verdict.OPEN)
    assert summary.executed == 8
    assert [summary.verdicts[verdict] for verdict in others] == [1, 1, 1, 1]


def test_clips_are_counted_once_a_chunk(summary):
    assert summary.clipped == {"workspace": 1, "speed_cap": 1}


def test_names_and_losses_are_those_of_the_bag(summary, synthetic_bag):
    assert (summary.bag, summary.instruction, summary.model) == (synthetic_bag, INSTRUCTION, "synthetic")
    assert summary.drops == {"/camera/wrist/color/image_raw": 2}
    assert summary.forward_passes == 46.5
    assert summary.duration_s == pytest.approx(14.59)


def test_commanded_path_is_as_long_as_its_steps(run, summary):
    last = run.arms["arm"][-1].command_step
    points = np.array([step_target(step).position for step in range(last + 1)])
    assert summary.arms["arm"].commanded_m == pytest.approx(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def test_fastest_step_is_its_length_over_the_period(run, summary):
    last = run.arms["arm"][-1].command_step
    points = np.array([step_target(step).position for step in range(last + 1)])
    fastest = np.linalg.norm(np.diff(points, axis=0), axis=1).max() / (STEP_MS / 1000)
    assert summary.arms["arm"].max_step_speed == pytest.approx(fastest)


def test_several_steps_between_two_samples_are_not_taken_for_one(run, summary):
    sparse = {"arm": run.arms["arm"][::25]}
    assert summarise(replace(run, arms=sparse)).arms["arm"].max_step_speed <= summary.arms["arm"].max_step_speed * 1.001


def test_motion_that_no_chunk_made_has_no_step_speed(run):
    assert summarise(replace(run, stories=[])).arms["arm"].max_step_speed is None


def test_times_in_modes_fill_the_run(run, summary):
    arm, samples = summary.arms["arm"], run.arms["arm"]
    assert {sample.mode for sample in samples} == {ArmMode.RUNNING, ArmMode.HOLDING}
    assert arm.running_s + arm.holding_s == pytest.approx((samples[-1].stamp_ns - samples[0].stamp_ns) / 1e9)
    assert arm.running_s >= 8 * STEPS * STEP_MS / 1000


def test_largest_error_is_between_target_and_measured(run, summary):
    arm = run.arms["arm"]
    distances = np.linalg.norm(positions(arm, "commanded") - positions(arm, "measured"), axis=1)
    assert summary.arms["arm"].max_error_m == distances.max() > 0.005


def test_episode_is_solved_where_its_cell_said_so_once(run, summary):
    assert (summary.success, summary.episodes) == (True, {4: True})
    unsolved = [replace(cell, success=False) for cell in run.cells]
    assert summarise(replace(run, cells=unsolved)).success is False


def test_run_is_solved_where_each_of_its_episodes_was(run, two_seeds):
    both = summarise(two_seeds(run))
    assert (both.success, both.episodes) == (False, {4: False, 5: True})


def test_without_a_cell_nothing_is_said_of_success(tmp_path):
    write_synthetic_run(tmp_path / "bag", chunks=2, with_cell=False)
    assert summarise_bag(tmp_path / "bag").success is None


def test_stage_latencies_are_over_the_chunks_that_reached_the_stage(summary):
    assert list(summary.stages) == list(STAGE_LABELS.values())
    assert summary.stages["execution"].count == 9
    assert 65 <= summary.stages["prefill"].median_ms <= summary.stages["prefill"].p99_ms <= 77


def test_spans_are_the_whole_and_its_parts(summary):
    assert list(summary.spans) == list(SPAN_LABELS)
    assert summary.spans["reasoning"].count == 12
    assert summary.spans["exposure to first step"].count == 10
    assert 300 <= summary.spans["exposure to first step"].median_ms <= 360


def test_run_in_lockstep_says_so(run, told_time):
    assert summarise(told_time(run, "lockstep")).in_lockstep
    assert not summarise(run).in_lockstep
