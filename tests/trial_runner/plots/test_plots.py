from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from demo_recorder.records import ArmMode
from trial_runner.latencies import STAGE_LABELS
from trial_runner.plots import actions, latency, path, timeline, views
from trial_runner.plots.path import gripper_changes
from trial_runner.plots.style import MODES, STAGES, VERDICTS
from trial_runner.plots.time_axis import shown_seconds
from trial_runner.plots.timeline import mode_spans
from trial_runner.plots.views import find_examples, trace_pixels
from trial_runner.run_data import Verdict, load_run


@pytest.fixture(scope="module")
def run(synthetic_bag):
    return load_run(synthetic_bag)


def drawn(draw, *arguments) -> Figure:
    figure = Figure()
    draw(figure, *arguments)
    return figure


def test_everything_that_is_coloured_has_a_colour_of_its_own():
    assert set(VERDICTS) == set(Verdict)
    assert set(MODES) == set(ArmMode)
    assert set(STAGES) == set(STAGE_LABELS.values())
    for colours in (VERDICTS, MODES, STAGES):
        assert len(set(colours.values())) == len(colours)


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=5))
def test_trace_stays_in_the_image(points):
    pixels = trace_pixels(points, 320, 240)
    assert (pixels >= 0).all()
    assert (pixels <= (319, 239)).all()


def test_corners_of_the_trace_are_the_corners_of_the_image():
    assert trace_pixels([(0, 0), (255, 255)], 320, 240).tolist() == [[0, 0], [319, 239]]


def test_trace_is_drawn_over_each_view_at_the_place_it_names(run):
    figure = drawn(views.draw, find_examples(run), None)
    first = figure.axes[0]
    told = run.stories[0].reasoning.traces["arm"]
    assert first.lines[0].get_xydata() == pytest.approx(trace_pixels(told, 320, 240))
    assert first.images[0].get_array().shape == (240, 320, 3)


def test_examples_are_answered_chunks_with_every_camera_and_their_depth(run):
    examples = find_examples(run)
    assert [story.number for story in examples.stories] == [1, 4, 7, 10, 12]  # 3 was never answered
    assert list(examples.rows) == ["front, trace", "wrist", "depth told"]
    assert all(len(images) == 5 for images in examples.seen.values())
    figure = drawn(views.draw, examples, None)
    assert figure.axes[0].get_title() == "chunk 1, 0.1 s"
    assert sum(len(axes.images) for axes in figure.axes) == 15


def test_depth_that_no_chunk_told_has_no_row(run):
    silent = [replace(s, reasoning=replace(s.reasoning, depth_codes=())) for s in run.stories]
    examples = find_examples(replace(run, stories=silent))
    assert list(examples.rows) == ["front, trace", "wrist"]
    assert examples.height(14.0) < find_examples(run).height(14.0)
    assert sum(len(axes.images) for axes in drawn(views.draw, examples, None).axes) == 10


def test_chunks_that_were_never_answered_are_shown_where_there_are_no_others(run):
    examples = find_examples(replace(run, stories=[replace(story, chunk=None) for story in run.stories]))
    assert len(examples.stories) == 5


def test_mode_spans_meet_and_cover_the_run(run):
    samples = run.arms["arm"]
    spans = list(mode_spans(samples))
    assert spans[0][1] == samples[0].stamp_ns
    assert spans[-1][2] == samples[-1].stamp_ns
    assert all(before[2] == after[1] and before[0] != after[0] for before, after in pairwise(spans))


def test_gripper_change_is_found_where_it_crosses_half(run):
    samples = run.arms["arm"]
    opens, closes = gripper_changes(samples)
    (index,) = closes
    assert opens == []
    assert samples[index - 1].gripper_commanded > 0.5 >= samples[index].gripper_commanded
    assert gripper_changes(samples[::-1]) == ([len(samples) - index], [])


def test_gripper_that_stays_on_one_side_of_half_changes_nothing(run):
    samples = [replace(s, gripper_commanded=0.1 + 0.3 * (i % 2)) for i, s in enumerate(run.arms["arm"])]
    assert gripper_changes(samples) == ([], [])


def test_timeline_has_a_bar_for_every_chunk_that_was_thought_and_made(run):
    (axes,) = drawn(timeline.draw, run).axes
    labels = [text.get_text() for text in axes.texts]
    assert labels.count("1") == 2  # reasoning and execution
    assert labels.count("3") == 1  # the policy refused it


def test_number_that_does_not_fit_its_bar_is_not_written(run):
    (axes,) = drawn(timeline.draw, replace(run, span_ns=(run.start_ns, 600_000_000_000))).axes
    assert not axes.texts
    assert axes.patches


def test_time_before_the_first_chunk_is_cut_off(run):
    late = [story for story in run.stories if story.number > 6]
    first = (late[0].observed_ns - run.start_ns) / 1e9
    left, right = shown_seconds(replace(run, stories=late))
    assert first - 0.5 < left < first
    assert right == (run.span_ns[1] - run.start_ns) / 1e9


@pytest.mark.parametrize("draw", [timeline.draw, path.draw])
def test_time_axes_begin_together_and_say_whose_time_it_is(run, told_time, draw):
    axes = drawn(draw, told_time(run, "lockstep")).axes[0]
    assert axes.get_xlim() == pytest.approx(shown_seconds(run))
    assert axes.get_xlabel() == "world time (s)"


def test_run_without_chunks_is_shown_whole(run):
    assert shown_seconds(replace(run, stories=[])) == (0.0, (run.span_ns[1] - run.start_ns) / 1e9)


def test_each_of_several_episodes_is_marked_with_its_seed(run, two_seeds):
    (several,) = drawn(timeline.draw, two_seeds(run)).axes
    (one,) = drawn(timeline.draw, run).axes
    seeds = [text for text in several.texts if text.get_text().startswith("seed")]
    assert [text.get_text() for text in seeds] == ["seed 4", "seed 5"]
    assert [text.xy[0] for text in seeds] == pytest.approx([0.1, 6.1])
    assert not [text for text in one.texts if text.get_text().startswith("seed")]


def test_latency_bars_are_as_high_as_the_ledger_says(run):
    (axes,) = drawn(latency.draw, run).axes
    top = max(patch.get_y() + patch.get_height() for patch in axes.patches if round(patch.get_x() + 0.36) == 4)
    ledger = run.stories[3].ledger
    assert top == pytest.approx((ledger.first_step_applied - ledger.exposure) / 1e6)


@pytest.mark.parametrize(("time", "label"), [("", "time (ms)"), ("lockstep", "world time (ms)")])
def test_latency_axis_says_whose_time_it_is(run, told_time, time, label):
    (axes,) = drawn(latency.draw, told_time(run, time)).axes
    assert axes.get_ylabel() == label


def test_actions_have_a_column_an_arm_and_three_rows(run):
    figure = drawn(actions.draw, run)
    assert [axes.get_ylabel() for axes in figure.axes] == ["mm a step", "° a step", "gripper"]
