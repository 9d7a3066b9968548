"""Random and adversarial chunks: nothing past a limit, no exception; the long form is benchmarks/soak_motion.py."""

import numpy as np
import pytest

from support.bridge_fuzz import BridgeFuzz
from support.bridge_rig import QUICK, SAFETY, rig_at
from support.chunk_fuzz import FollowerFuzz

HOST = "127.0.76.4"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("arms", "number"), [(("arm",), 15_000), (("left", "right"), 5_000)])
@pytest.mark.filterwarnings("ignore:overflow")
def test_follower(arms: tuple[str, ...], number: int):
    """Every target within every figure of the gate, of its joints too, and the counter one step at a time."""
    fuzz = FollowerFuzz(np.random.default_rng(number), SAFETY, arms)
    for _ in fuzz.run(number):
        pass
    assert fuzz.offered == number
    assert 0.3 < fuzz.accepted / number < 0.6
    assert fuzz.steps > number / 4
    acting = {"step_cap", "braking", "joint_range", "joint_speed"} | ({"arms_apart"} if len(arms) > 1 else set())
    assert {name for name in acting if fuzz.acted[name]} == acting


@pytest.fixture(scope="module")
def fuzzed() -> BridgeFuzz:
    """Fifty chunks through the whole bridge, with every tick judged."""
    with rig_at(HOST, deadlines=QUICK) as rig:
        fuzz = BridgeFuzz(rig, np.random.default_rng(1))
        for _ in fuzz.run(50):
            pass
        return fuzz


@pytest.mark.slow
@pytest.mark.robot
@pytest.mark.filterwarnings("ignore:overflow")
def test_bridge_keeps_the_limits_of_the_end_effector(fuzzed: BridgeFuzz):
    """Translation and rotation within the FR3's speed, acceleration and jerk; the bridge never stops by itself."""
    assert fuzzed.stops == []
    used = {what: worst.share for what, worst in fuzzed.worst.items() if not what.startswith("joint")}
    assert len(used) == 6
    assert max(used.values()) < 1.0
    assert used["translation speed"] <= 1.01 * SAFETY.speed_cap / 3.0


@pytest.mark.slow
@pytest.mark.robot
def test_bridge_keeps_the_limits_of_the_joints(fuzzed: BridgeFuzz):
    """Joint position, speed, acceleration and jerk, after inverse kinematics, within the FR3's."""
    used = {what: worst.share for what, worst in fuzzed.worst.items() if what.startswith("joint")}
    assert max(used.values()) < 1.0
