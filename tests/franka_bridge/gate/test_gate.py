"""The gate as a whole: order, counters, and that nothing it lets through passes a figure."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from franka_bridge.gate.checks import Action, Measured, Outcome, Situation
from franka_bridge.gate.gate import Checks, Gate, make_gate
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Target
from molmoact_common.poses import Pose
from support.fr3 import FR3, READY, target_at
from support.limits_held import assert_held

HERE = Target(Pose(np.array([0.4, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0])), 1.0)
LEFT, RIGHT = (Pose(np.array([0.0, y, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])) for y in (0.3, -0.3))


def at(x: float, y: float, z: float, opening: float = 1.0) -> Target:
    return Target(Pose(np.array([x, y, z]), HERE.pose.quaternion), opening)


def judge(gate: Gate, target: Target, situation: Situation):
    return gate.judge({"arm": target}, {"arm": situation})


def test_distance_is_judged_after_clipping():
    safety = SafetyConfig(workspace_upper=(0.402, 0.45, 0.75))
    judgement = judge(make_gate(safety, ("arm",)), at(5.0, 0.0, 0.3), Situation(HERE, HERE.pose, 0.5))
    assert judgement.targets["arm"].pose.position.tolist() == [0.402, 0.0, 0.3]
    assert judgement.whole
    assert judgement.touched == ("workspace",)


def test_every_check_that_acts_is_named_in_order_and_counted():
    gate = make_gate(SafetyConfig(), ("arm",))
    for _ in range(3):
        judgement = judge(gate, at(0.4, 0.0, -1.0, opening=2.0), Situation(HERE, HERE.pose, 0.1))
    assert judgement.touched == ("gripper_range", "workspace", "table_plane", "step_cap", "braking")
    assert not judgement.whole
    assert all(gate.counts[name] == 3 for name in judgement.touched)


def test_an_arm_on_its_leash_is_looked_at_no_further():
    gate = make_gate(SafetyConfig(), ("arm",))
    far = Pose(np.array([0.4, 0.2, 0.3]), HERE.pose.quaternion)
    judgement = judge(gate, at(0.4, 0.0, -1.0), Situation(HERE, far, 0.1))
    assert judgement.wait
    assert judgement.touched == ("leash",)


def test_a_dry_run_has_no_leash():
    gate = make_gate(SafetyConfig(), ("arm",), leash=False)
    far = Pose(np.array([0.4, 0.2, 0.3]), HERE.pose.quaternion)
    assert not judge(gate, HERE, Situation(HERE, far, 0.1)).wait
    assert "leash" not in gate.figures


def test_a_refusal_names_check_arm_and_figure_and_is_counted():
    """Straight below the ready pose the elbow is bent as far as it goes."""
    gate = make_gate(SafetyConfig(), ("arm",))
    bent = FR3.inverse(Pose(np.array([0.307, 0.0, 0.208]), FR3.forward(READY).quaternion), READY)
    assert bent is not None
    here = target_at(bent)
    down = Target(Pose(here.pose.position - np.array([0.0, 0.0, 0.012]), here.pose.quaternion), 1.0)
    judgement = judge(gate, down, Situation(here, here.pose, 0.1, model=FR3))
    assert judgement.refusal.startswith("joint_range: arm would have joint 4 at -2.980 rad, 0.097 rad from")
    assert judgement.touched == ("joint_range",)
    assert gate.counts["joint_range"] == 1


def test_what_comes_out_has_the_joints_of_its_pose():
    here = target_at(READY)
    ahead = Target(Pose(here.pose.position + np.array([0.01, 0.0, 0.0]), here.pose.quaternion), 1.0)
    targets = judge(make_gate(SafetyConfig(), ("arm",)), ahead, Situation(here, here.pose, 0.1, model=FR3)).targets
    assert FR3.forward(targets["arm"].joints).position == pytest.approx(ahead.pose.position, abs=1e-7)


def test_both_arms_are_slowed_down_together():
    gate = make_gate(SafetyConfig(), ("left", "right"))
    situation = Situation(HERE, HERE.pose, 0.1)
    judgement = gate.judge(
        {"left": at(0.45, 0, 0.3), "right": at(0.41, 0, 0.3)}, dict.fromkeys(("left", "right"), situation)
    )
    assert judgement.targets["left"].pose.position[0] == pytest.approx(0.425)
    assert judgement.targets["right"].pose.position[0] == pytest.approx(0.405)


def test_an_arm_that_is_pushed_ends_the_chunk_of_both():
    gate = make_gate(SafetyConfig(), ("left", "right"))
    calm, pushed = Measured(HERE.pose), Measured(HERE.pose, np.array([12.0, 0, 17.0, 0, 0, 0]))
    assert gate.objection({"left": calm, "right": calm}) == ""
    why = gate.objection({"left": calm, "right": pushed})
    assert why == "wrench: right feels 20.8 N more than at start; the limit is 20 N"
    assert gate.counts["wrench"] == 1


class NeverSlowEnough:
    name, action, figure = "never", Action.STRETCH, "nothing"

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        return Outcome.stretched(target, 2.0)


def test_a_step_that_no_stretching_makes_right_is_refused():
    gate = Gate(Checks(chunk=[], target=[[NeverSlowEnough()]]))
    judgement = judge(gate, at(0.45, 0, 0.3), Situation(HERE, HERE.pose, 0.1))
    assert judgement.refusal == "never: no part of the step is slow enough"


def rows(random: np.random.Generator, number: int) -> list[np.ndarray]:
    """Rows that keep a direction, as policies do, so that walks reach every wall and joint end."""
    way = random.standard_normal(6) * np.repeat([0.03, 0.3], 3) * random.uniform(0.1, 1.0)
    return [way + random.standard_normal(6) * np.repeat([0.003, 0.03], 3) for _ in range(number)]


def moved(start: Pose, row: np.ndarray) -> Pose:
    turned = Rotation.from_rotvec(row[3:]) * start.rotation()
    return Pose(start.position + row[:3], turned.as_quat())


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), period=st.sampled_from([0.02, 1 / 15, 0.1, 0.5]), factor=st.floats(0.05, 1.0))
def test_no_target_that_is_let_through_passes_a_figure(seed: int, period: float, factor: float):
    random, safety = np.random.default_rng(seed), SafetyConfig()
    gate, here = make_gate(safety, ("arm",)), target_at(READY)
    for _ in range(3):
        for row in rows(random, 10):
            situation = Situation(here, here.pose, period, factor, FR3)
            judgement = judge(gate, Target(moved(here.pose, row), float(random.uniform(-1, 2))), situation)
            if judgement.refusal:
                break
            assert_held(safety, here, judgement.targets["arm"], period, factor, FR3)
            here = judgement.targets["arm"]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), period=st.sampled_from([0.02, 1 / 15, 0.1]))
def test_a_row_is_as_long_as_it_was_however_many_steps_it_takes(seed: int, period: float):
    random = np.random.default_rng(seed)
    gate, start = make_gate(SafetyConfig(), ("arm",)), target_at(READY)
    goal = Target(moved(start.pose, rows(random, 1)[0]), 0.0)
    here, ways = start, [0.0]
    for _ in range(200):
        judgement = judge(gate, goal, Situation(here, here.pose, period, model=FR3))
        if judgement.refusal:
            return
        ways.append(ways[-1] + here.pose.distance_to(judgement.targets["arm"].pose)[0])
        here = judgement.targets["arm"]
        if judgement.whole:
            break
    assert judgement.whole
    assert here.pose is judgement.targets["arm"].pose
    assert here.pose.distance_to(goal.pose)[0] < 1e-12
    assert ways[-1] == pytest.approx(start.pose.distance_to(goal.pose)[0], abs=1e-9)


@settings(max_examples=60)
@given(
    numbers=st.lists(st.floats(-1e6, 1e6, allow_subnormal=True), min_size=3, max_size=3),
    turn=st.lists(st.floats(-3.0, 3.0), min_size=3, max_size=3),
    opening=st.floats(-1e300, 1e300),
    joints=st.lists(st.floats(-3.2, 4.7), min_size=7, max_size=7),
)
def test_whatever_finite_target_comes_the_gate_has_an_answer(numbers, turn, opening: float, joints):
    here = target_at(np.array(joints))
    wild = Target(Pose(np.array(numbers), Rotation.from_rotvec(turn).as_quat()), opening)
    gate = make_gate(SafetyConfig(), ("left", "right"), bases={"left": LEFT, "right": RIGHT})
    situation = Situation(here, here.pose, 0.1, model=FR3)
    pair = {"left": situation, "right": replace(situation, speed_factor=0.05)}
    judgement = gate.judge({"left": wild, "right": here}, pair)
    assert judgement.refusal or np.isfinite(judgement.targets["left"].pose.position).all()
