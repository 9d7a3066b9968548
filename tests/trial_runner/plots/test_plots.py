from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from demo_recorder.records import ArmMode
from trial_runner.plots import actions, latency, timeline, views
from trial_runner.plots.path import gripper_changes
from trial_runner.plots.style import MODES, STAGES, VERDICTS
from trial_runner.plots.timeline import mode_spans
from trial_runner.plots.views import trace_pixels
from trial_runner.run_data import Verdict, load_run
from trial_runner.summary import STAGE_LABELS


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
    figure = drawn(views.draw, run, None)
    first = figure.axes[0]
    told = run.stories[0].reasoning.traces["arm"]
    assert first.lines[0].get_xydata() == pytest.approx(trace_pixels(told, 320, 240))
    assert first.images[0].get_array().shape == (240, 320, 3)


def test_mode_spans_meet_and_cover_the_run(run):
    samples = run.arms["arm"]
    spans = list(mode_spans(samples))
    assert spans[0][1] == samples[0].stamp_ns
    assert spans[-1][2] == samples[-1].stamp_ns
    assert all(before[2] == after[1] and before[0] != after[0] for before, after in pairwise(spans))


def test_gripper_change_is_found_where_it_crosses_half(run):
    samples = run.arms["arm"]
    (index,) = gripper_changes(samples)
    assert samples[index - 1].gripper_commanded > 0.5 >= samples[index].gripper_commanded


def test_timeline_has_a_bar_for_every_chunk_that_was_thought_and_made(run):
    (axes,) = drawn(timeline.draw, run).axes
    labels = [text.get_text() for text in axes.texts]
    assert labels.count("1") == 2  # reasoning and execution
    assert labels.count("3") == 1  # the policy refused it


def test_latency_bars_are_as_high_as_the_ledger_says(run):
    (axes,) = drawn(latency.draw, run).axes
    top = max(patch.get_y() + patch.get_height() for patch in axes.patches if round(patch.get_x() + 0.36) == 3)
    ledger = run.stories[3].ledger
    assert top == pytest.approx((ledger.first_step_applied - ledger.exposure) / 1e6)


def test_actions_have_a_column_an_arm_and_three_rows(run):
    figure = drawn(actions.draw, run)
    assert [axes.get_ylabel() for axes in figure.axes] == ["mm a step", "° a step", "gripper"]
