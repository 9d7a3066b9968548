import numpy as np
import pytest

from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from steering_ui.plan import plan_of

HERE = Pose(np.array([0.3, 0.0, 0.5]), np.array([0.0, 0.0, 0.0, 1.0]))


def chunk(deltas, arms=("arm",), frame=DeltaFrame.BASE):
    return Chunk(1, 0, 0, arms, np.array(deltas, float), 1 / 15, frame, RotationConvention.ROTATION_VECTOR)


def test_the_path_starts_at_the_commanded_pose_and_adds_up_the_rows():
    plan = plan_of(chunk([[0.01, 0, 0, 0, 0, 0, 1], [0, 0.02, -0.01, 0, 0, 0.1, 0]]), {"arm": HERE})["arm"]
    assert plan.path == [[0.3, 0.0, 0.5], [0.31, 0.0, 0.5], [0.31, 0.02, 0.49]]
    assert plan.turns == [0.0, 0.1]
    assert plan.openings == [1.0, 0.0]


def test_tool_deltas_follow_the_hand():
    turned = [[0, 0, 0, 0, 0, np.pi / 2, 1], [0.01, 0, 0, 0, 0, 0, 1]]
    plan = plan_of(chunk(turned, frame=DeltaFrame.TOOL), {"arm": HERE})["arm"]
    assert plan.path[-1] == [0.3, 0.01, 0.5]


@pytest.mark.parametrize("deltas", [[[0.01] * 6], [[0.01] * 14], [[np.nan] * 7], [[np.inf] * 7]])
def test_what_is_no_plan_is_told_to_be_none(deltas):
    with pytest.raises(ValueError, match="deltas of shape"):
        plan_of(chunk(deltas), {"arm": HERE})


def test_two_arms_have_a_path_each_and_an_unknown_one_none():
    row = [0.01, 0, 0, 0, 0, 0, 1, 0, 0.02, 0, 0, 0, 0, 0.5]
    both = chunk([row], arms=("left", "right"))
    plans = plan_of(both, {"left": HERE, "right": HERE})
    assert plans["left"].path[-1] == [0.31, 0.0, 0.5]
    assert plans["right"].path[-1] == [0.3, 0.02, 0.5]
    assert list(plan_of(both, {"right": HERE})) == ["right"]
