"""The gate before a robot at the protocol: its kinematics are the robot's, and joints keep their ranges on the wire."""

from collections.abc import Iterator

import numpy as np
import pytest

from franka_bridge.gate.checks import Situation
from franka_bridge.gate.together_checks import ArmsApart
from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.bridge_rig import CRUISE, QUICK, SAFETY, Rig, rig_at
from support.fr3 import FR3, target_at

pytestmark = pytest.mark.robot


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rig_at("127.0.101.7", deadlines=QUICK) as made:
        yield made


def test_forward_kinematics_are_those_of_libfrankas_model(rig: Rig):
    arm = rig.bridge.arms["arm"]
    model = arm.kinematics()
    rig.send(rig.chunk(rows=4, deltas=np.tile([0.01, 0.01, -0.01, 0.05, 0.05, 0.1, 1.0], (4, 1))))
    rig.run(800)
    assert arm.state is not None
    assert np.abs(arm.state.q - np.array(arm.config.home)).max() > 0.05
    metres, radians = model.forward(arm.state.q).distance_to(arm.state.measured)
    assert metres < 1e-6
    assert radians < 1e-6


def test_a_way_that_ends_at_a_joints_range_is_left_before(rig: Rig):
    """Straight down from the ready pose joint 4 is bent as far as it goes: the rest is discarded, and it says so."""
    rig.send(rig.chunk(deltas=np.tile([0, 0, -0.03, 0, 0, 0, 1.0], (12, 1))))
    rig.run(4000, until=lambda: rig.mode is Mode.HOLDING)
    rig.run(400)
    assert rig.reports[-1].status is Status.DISCARDED
    assert rig.reports[-1].reason.startswith("joint_range: arm would have joint 4 at -2.9")
    room = FR3.limits.room(rig.first.robot.record.rows()["q"])
    assert SAFETY.joint_margin - 0.005 < room.min() < SAFETY.joint_margin + 0.1


def test_the_way_back_from_there_is_free(rig: Rig):
    rig.send(rig.chunk(deltas=np.tile([0, 0, -0.03, 0, 0, 0, 1.0], (12, 1))))
    rig.run(4000, until=lambda: rig.mode is Mode.HOLDING)
    rig.send(rig.chunk(deltas=np.tile([0, 0, 0.01, 0, 0, 0, 1.0], (4, 1))))
    rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
    assert rig.reports[-1].status is Status.FINISHED


def test_two_arms_that_are_led_at_each_other_stay_apart_at_the_speed_cap():
    """Their bases stand 1 m apart, and both go up to 0.45 m to the side: the rest is discarded, and it says so."""
    with rig_at("127.0.101.7", "127.0.101.8", names=("left", "right"), deadlines=QUICK) as duo:
        towards = [0.004, -CRUISE, 0, 0, 0, 0, 1.0, 0.004, CRUISE, 0, 0, 0, 0, 1.0]
        duo.send(duo.chunk(deltas=np.tile(towards, (30, 1))))
        duo.run(6000, until=lambda: duo.mode is Mode.HOLDING)
        duo.run(400)
        assert duo.reports[-1].status is Status.DISCARDED
        assert duo.reports[-1].reason.startswith("arms_apart: left and right would come as near as")
        bases = {name: arm.config.base_in_world.pose() for name, arm in duo.bridge.arms.items()}
        ends = {name: target_at(robot.robot.record.rows()["q"][-1]) for name, robot in duo.robots.items()}
    situations = {name: Situation(end, end.pose, 1.0, model=FR3) for name, end in ends.items()}
    gap = ArmsApart(bases, 1.0).gap("left", "right", situations, ends)
    assert gap is not None
    assert SAFETY.arms_apart - 0.002 < gap < SAFETY.arms_apart + 2 * CRUISE
