"""The gate as a whole: order and counters."""

import numpy as np

from franka_bridge.config import SafetyConfig
from franka_bridge.gate.gate import make_gate
from franka_bridge.gate.target_checks import Situation
from franka_bridge.targets import Target
from molmoact_common.poses import Pose

HERE = Target(Pose(np.array([0.4, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0])), 1.0)


def at(x: float, y: float, z: float, opening: float = 1.0) -> Target:
    return Target(Pose(np.array([x, y, z]), HERE.pose.quaternion), opening)


def test_distance_is_judged_after_clipping():
    safety = SafetyConfig(workspace_upper=(0.41, 0.45, 0.75))
    judgement = make_gate(safety, ("arm",)).judge(at(5.0, 0.0, 0.3), Situation(HERE, HERE.pose, 0.1))
    assert judgement.target.pose.position.tolist() == [0.41, 0.0, 0.3]
    assert judgement.stretch == 1.0
    assert judgement.touched == ("workspace",)


def test_every_check_that_acts_is_named_and_counted():
    gate = make_gate(SafetyConfig(), ("arm",))
    far = Pose(np.array([0.4, 0.2, 0.3]), HERE.pose.quaternion)
    for _ in range(3):
        judgement = gate.judge(at(0.4, 0.0, -1.0, opening=2.0), Situation(HERE, far, 0.1))
    assert judgement.touched == ("gripper_range", "workspace", "table_plane", "step_cap", "leash")
    assert judgement.wait
    assert all(gate.counts[name] == 3 for name in judgement.touched)


def test_a_dry_run_has_no_leash():
    gate = make_gate(SafetyConfig(), ("arm",), leash=False)
    far = Pose(np.array([0.4, 0.2, 0.3]), HERE.pose.quaternion)
    assert not gate.judge(HERE, Situation(HERE, far, 0.1)).wait
    assert "leash" not in gate.figures
