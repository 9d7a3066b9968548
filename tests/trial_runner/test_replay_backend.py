from dataclasses import replace

import numpy as np
import pytest

from molmoact.runtime.backend import Action, BackendSettings, Refused, TraceFound
from molmoact.runtime.observation import Observation
from molmoact_common.errors import UserError
from support.synthetic_run import CHUNKS, DISCARDED, REFUSED_BY_BRIDGE, REFUSED_BY_POLICY, STEPS
from trial_runner.replay_backend import check, led, load
from trial_runner.run_data import load_run

NOTHING_SEEN = Observation(1, 1, {}, "whatever")


def test_what_was_commanded_comes_again_in_order_and_then_nothing(synthetic_bag):
    backend = load(BackendSettings(checkpoint=str(synthetic_bag)))
    answers = [list(backend.reason(NOTHING_SEEN)) for _ in range(CHUNKS - 1)]
    rows = [stage.deltas for stages in answers for stage in stages if isinstance(stage, Action)]
    # One of twelve was refused by the policy, one by the bridge; the last one was accepted but has commanded nothing.
    assert len(rows) == CHUNKS - 3
    assert [len(one) for one in rows].count(5) == 1  # the discarded one, as far as it came
    assert {len(one) for one in rows} == {5, STEPS}
    assert isinstance(answers[0][1], TraceFound)
    assert isinstance(answers[-1][-1], Refused)
    assert f"all of its {CHUNKS - 3} chunks" in answers[-1][-1].why


def test_the_arm_is_led_where_it_was_led(synthetic_bag):
    run = load_run(synthetic_bag)
    kept = [story for story in run.stories if story.sequence not in (REFUSED_BY_POLICY, REFUSED_BY_BRIDGE, DISCARDED)]
    moved = sum(one.rows[:, :3].sum(axis=0) for one in led(kept[:2]))
    assert moved == pytest.approx(sum(story.chunk.deltas[:, :3].sum(axis=0) for story in kept[:2]))


def test_a_chunk_that_was_entered_later_begins_there(synthetic_bag):
    story = load_run(synthetic_bag).stories[0]
    late = [replace(status, entry_step=3, steps_done=4) for status in story.statuses]
    story.statuses = late
    assert np.array_equal(led([story])[0].rows, story.chunk.deltas[3:7])


def test_the_profile_is_that_of_the_recorded_chunks(synthetic_bag):
    profile = load(BackendSettings(checkpoint=str(synthetic_bag))).profile
    assert (profile.arms, profile.step_period, profile.rotation) == (("arm",), 0.1, "euler_xyz")
    assert profile.views == ("front", "wrist")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (BackendSettings(), "names no recording"),
        (BackendSettings(checkpoint="/nowhere"), "no closed bag"),
        (BackendSettings(checkpoint="/nowhere", options={"speed": 2}), "speed"),
    ],
)
def test_what_is_no_recording_is_refused(settings, said):
    with pytest.raises(UserError, match=said):
        check(settings)
