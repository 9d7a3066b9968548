"""What a robot can do to the bridge: reflex, user stop, refusals, lost packets, silence; and what its arm does then."""

import numpy as np
import pytest

from franka_bridge.errors import DriverError
from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from molmoact_common.errors import UserError
from support.bridge_rig import SAFETY, Rig
from support.robot_server.judge import breaches
from support.robot_server.record import Source, travelled
from support.robot_server.server import Freeze

pytestmark = pytest.mark.robot
TOLD_TICKS = 30
"""Three control cycles, after which the operator is told."""
BRAKING_WAY = 0.010
"""Metres that the robot itself takes at most to brake from 250 mm/s."""


def until_stopped(rig: Rig) -> int:
    """Ticks until the bridge shows that it does not run any more, as the control cycles count them.

    A robot that stands ticks on by itself while a busy machine leaves the bridge no time; that is not counted.
    """
    since = rig.now_ns
    rig.run(1000, until=lambda: rig.mode not in (Mode.RUNNING, Mode.HOLDING))
    return (rig.now_ns - since) // 1_000_000


@pytest.mark.parametrize("error", ["cartesian_reflex", "joint_reflex", "power_limit_violation"])
def test_reflex(rig: Rig, error: str):
    """The arm moves 10 mm at most; within 30 ticks: stopped, with the error's name; one call of recover."""
    rig.cruise()
    at = rig.tick
    rig.first.at(at + 5, lambda: rig.first.robot.reflex(error))
    assert until_stopped(rig) <= TOLD_TICKS
    assert rig.mode is Mode.STOPPED
    assert error in rig.bridge.reason
    rig.run(300)
    assert travelled(rig.first.robot.record.rows(at + 5)) < BRAKING_WAY
    assert rig.reports[-1].status is Status.DISCARDED
    assert error in rig.recover()
    assert rig.works_again()


def test_reflex_of_an_arm_that_holds(rig: Rig):
    """An arm that stands and is pushed: stopped within 30 ticks, with the error's name; one call of recover."""
    at = rig.tick
    rig.first.at(at + 5, lambda: rig.first.robot.reflex("cartesian_reflex"))
    assert until_stopped(rig) <= TOLD_TICKS
    assert "cartesian_reflex" in rig.bridge.reason
    rig.recover()
    assert rig.works_again()


def test_one_of_two_arms_faulted(duo: Rig):
    """The other is at rest within 250 ticks of the reflex; the reason names the arm; recover serves both."""
    duo.cruise()
    left, right = duo.robots.values()
    at = left.robot.tick
    right.at(right.robot.tick + 1, lambda: right.robot.reflex("joint_reflex"))
    assert until_stopped(duo) <= TOLD_TICKS
    assert duo.bridge.reason.startswith("right: ")
    duo.run(400)
    assert duo.ticks_to_rest("left", at) <= 250
    assert breaches(left.robot.record.rows(), since=at) == []
    duo.recover()
    assert duo.works_again()


def test_recover_while_the_user_stop_is_pressed(rig: Rig):
    """Nothing moves, recover says what to do, and the bridge stays stopped."""
    rig.first.robot.press_user_stop()
    until_stopped(rig)
    with pytest.raises(UserError, match="user stop"):
        rig.recover()
    assert rig.mode is Mode.STOPPED


def test_user_stop(rig: Rig):
    """The arm moves 10 mm at most; stopped, and told so, within 30 ticks; one recover once it is pulled."""
    rig.cruise()
    at = rig.tick
    rig.first.at(at + 5, rig.first.robot.press_user_stop)
    assert until_stopped(rig) <= TOLD_TICKS
    assert "user stop" in rig.bridge.reason.lower()
    rig.run(300)
    assert travelled(rig.first.robot.record.rows(at + 5)) < BRAKING_WAY
    rig.first.robot.release_user_stop()
    rig.recover()
    assert rig.works_again()


def test_recovery_refused(rig: Rig):
    """Nothing moves; recover says that the robot wants recovery by hand, stays stopped, and works after that."""
    rig.first.robot.reflex("self_collision_avoidance_violation")
    until_stopped(rig)
    rig.first.orders.recovery_status = 3
    at = rig.tick
    with pytest.raises(DriverError) as refused:
        rig.recover()
    assert "manual" in str(refused.value).lower()
    assert rig.mode is Mode.STOPPED
    rig.run(100)
    assert travelled(rig.first.robot.record.rows(at)) == 0.0
    rig.first.orders.recovery_status = 0
    rig.recover()
    assert rig.works_again()


def test_recovery_that_takes_its_time(rig: Rig):
    """Half a second of the robot's time: recover waits for it."""
    rig.first.robot.reflex("cartesian_reflex")
    until_stopped(rig)
    rig.first.orders.recovery_ticks = 500
    rig.recover()
    assert rig.works_again()


def test_recovery_that_is_never_answered(rig: Rig):
    """Recover gives up at its deadline and says so; once the robot answers again, one more call works."""
    rig.first.robot.reflex("cartesian_reflex")
    until_stopped(rig)
    rig.first.orders.recovery_ticks = 10**9
    with pytest.raises(DriverError, match=r"no answer within 3 s"):
        rig.recover()
    assert rig.mode is Mode.STOPPED
    rig.first.orders.recovery_ticks = 0
    rig.recover()
    assert rig.works_again()


@pytest.mark.parametrize("lost", [1, 10])
def test_packets_lost_in_a_row_at_cruise(rig: Rig, lost: int):
    """Up to ten are made up by the robot: the path stays the same, no limit is passed, the chunk ends as ever."""
    rig.cruise()
    rig.first.drop = lost
    at = rig.tick
    rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
    rig.run(400)
    rows = rig.first.robot.record.rows(at)
    assert int((rows["source"] == Source.EXTRAPOLATED).sum()) == lost
    assert rig.reports[-1].status is Status.FINISHED
    way = rig.positions()[0] - rig.first.robot.record.rows()["pose"][0, :3, 3]
    assert way == pytest.approx([14 * SAFETY.speed_cap / 15, 0.0, 0.0], abs=2e-4)


def test_twenty_packets_lost_in_a_row(rig: Rig):
    """The robot gives up and brakes by itself: 15 mm at most; stopped 30 ticks later; one call of recover."""
    rig.cruise()
    rig.first.drop = 20
    at = rig.tick
    assert until_stopped(rig) <= 20 + TOLD_TICKS
    assert "communication_constraints_violation" in rig.bridge.reason
    rig.run(300)
    assert travelled(rig.first.robot.record.rows(at)) < 0.017
    rig.recover()
    assert rig.works_again()


def test_start_pose_rejected(rig: Rig):
    """The arm does not move; stopped within 50 ticks, with the error's name; one call of recover."""
    rig.first.robot.refuse_starts = True
    at = rig.tick
    rig.send(rig.chunk())
    assert until_stopped(rig) <= 50
    assert "start_pose_invalid" in rig.bridge.reason
    assert travelled(rig.first.robot.record.rows(at)) == 0.0
    rig.first.robot.refuse_starts = False
    rig.recover()
    assert rig.works_again()


def test_robot_server_gone(rig: Rig):
    """Disconnected within libfranka's second; told to call recover, which says why it cannot, and works afterwards."""
    rig.cruise()
    rig.first.vanish()
    rig.wait_for(lambda: rig.mode is Mode.DISCONNECTED)
    assert "call recover" in rig.bridge.reason
    with pytest.raises(UserError, match="unreachable"):
        rig.recover()
    rig.first.come_back()
    rig.recover()
    assert rig.works_again()


def test_one_of_two_robots_gone(duo: Rig):
    """The other is at rest within 250 ticks of when it is noticed; the reason names the arm; recover serves both."""
    duo.cruise()
    left, right = duo.robots.values()
    right.vanish()
    duo.wait_for(lambda: duo.mode is Mode.DISCONNECTED)
    at = left.robot.tick
    assert "right" in duo.bridge.reason
    duo.advance(400)
    assert duo.ticks_to_rest("left", at) <= 250
    right.come_back()
    duo.recover()
    assert duo.works_again()


def test_robot_switched_off_and_on_while_stopped(rig: Rig):
    """Nothing moves and nobody looks meanwhile; one recover connects again."""
    rig.bridge.stop("a test")
    rig.cycle()
    rig.first.vanish()
    rig.first.come_back()
    assert "connected again" in rig.recover()
    assert rig.works_again()


def test_connection_closed_by_the_robot(rig: Rig):
    """The arm moves 10 mm at most; not running within libfranka's second; one call of recover connects again."""
    rig.cruise()
    at = rig.tick
    rig.first.at(at, rig.first.close_connection)
    rig.wait_for(lambda: rig.mode in (Mode.DISCONNECTED, Mode.STOPPED))
    assert "call recover" in rig.bridge.reason
    assert travelled(rig.first.robot.record.rows(at)) < BRAKING_WAY
    rig.recover()
    assert rig.works_again()


def test_another_protocol_version_after_a_restart(rig: Rig):
    """A robot that was updated meanwhile is named as such when recover connects again."""
    rig.first.vanish()
    rig.wait_for(lambda: rig.mode is Mode.DISCONNECTED)
    rig.first.come_back()
    rig.first.orders.version = 11
    with pytest.raises(UserError, match=r"[Vv]ersion"):
        rig.recover()
    rig.first.orders.version = 10
    rig.recover()
    assert rig.works_again()


def test_measured_state_stands_still(rig: Rig):
    """A frozen encoder: the leash (75 mm) ends the chunk after a second; held, and told why."""
    rig.cruise()
    at = rig.tick
    rig.first.freeze = Freeze.MEASURED
    rig.run(2500, until=lambda: rig.mode is not Mode.RUNNING)
    rig.run(300)
    assert rig.mode is Mode.HOLDING
    assert rig.reports[-1].reason.startswith("leash")
    assert travelled(rig.first.robot.record.rows(at)) < SAFETY.leash_translation + 0.030
    rig.first.freeze = None
    rig.cycle()
    rig.send(rig.chunk(dx=-0.004))
    rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
    assert rig.reports[-1].status is Status.FINISHED


def test_arm_led_away_from_where_it_was_sent(rig: Rig):
    """Three chunks in a row that it does not follow latch a stop that says so; the arm rests; recover leads on."""
    rig.cruise()
    rig.first.freeze = Freeze.MEASURED
    rig.run(2500, until=lambda: rig.mode is not Mode.RUNNING)
    rig.run(300)
    at = rig.tick
    for _ in range(2):
        assert rig.mode is Mode.HOLDING
        rig.send(rig.chunk())
        rig.run(2500, until=lambda: rig.mode is not Mode.RUNNING)
    assert rig.mode is Mode.STOPPED
    assert "3 chunks in a row" in rig.bridge.reason
    assert "call recover" in rig.bridge.reason
    assert travelled(rig.first.robot.record.rows(at)) < 1e-4
    rig.first.freeze = None
    rig.cycle()
    rig.recover()
    rig.send(rig.chunk(dx=-0.004))
    rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
    assert rig.reports[-1].status is Status.FINISHED


def test_states_stop_coming_at_rest(rig: Rig):
    """Nothing moves; disconnected within libfranka's second, control cycles go on; recover connects again."""
    rig.first.freeze = Freeze.SILENT
    rig.wait_for(lambda: rig.mode is Mode.DISCONNECTED)
    assert "call recover" in rig.bridge.reason
    rig.first.freeze = None
    rig.recover()
    assert rig.works_again()


def silenced(rig: Rig) -> None:
    """No state from cruise on, until the bridge has noticed."""
    rig.cruise()
    at = rig.tick
    rig.first.freeze = Freeze.SILENT
    rig.wait_for(lambda: rig.mode in (Mode.DISCONNECTED, Mode.STOPPED))
    assert travelled(rig.first.robot.record.rows(at)) < 0.017
    rig.first.freeze = None


def test_states_stop_coming_in_motion(rig: Rig):
    """The robot gives up after 20 ticks and brakes: 15 mm; the operator is told within libfranka's second."""
    silenced(rig)
    assert "call recover" in rig.bridge.reason


def test_one_recover_after_states_stopped_coming_in_motion(rig: Rig):
    """One call connects again and clears the reflex that the robot went into meanwhile."""
    silenced(rig)
    rig.recover()
    assert rig.works_again()


def test_the_same_state_again_and_again_at_rest(rig: Rig):
    """Nothing moves; disconnected once no new state is left to read, after a second of waiting for one."""
    at = rig.tick
    rig.first.freeze = Freeze.REPEATED
    rig.run(1000, until=lambda: rig.mode is Mode.DISCONNECTED)
    assert rig.mode is Mode.DISCONNECTED
    assert "no answer within 1 s" in rig.bridge.reason
    assert travelled(rig.first.robot.record.rows(at)) == 0.0


def test_the_same_state_again_and_again_in_motion(rig: Rig):
    """The robot gives up after 20 ticks and brakes: 15 mm; stopped after 1.5 s of control cycles, and told why."""
    rig.cruise()
    at = rig.now_ns
    rows = rig.tick
    rig.first.freeze = Freeze.REPEATED
    rig.run(2000, until=lambda: rig.mode is Mode.STOPPED)
    assert rig.mode is Mode.STOPPED
    assert rig.now_ns - at <= 1.6e9
    assert "the robot's clock has stood still for 1.5 s" in rig.bridge.reason
    assert travelled(rig.first.robot.record.rows(rows)) < 0.017


def test_a_run_in_all_directions_keeps_every_limit(rig: Rig):
    """Chunks at the cap in six directions, each preempting the one before: no limit of an FR3 is passed."""
    step = SAFETY.speed_cap / 15
    for axis in (0, 1, 2):
        for sign in (1.0, -1.0, -1.0, 1.0):
            deltas = np.zeros((6, 7))
            deltas[:, axis], deltas[:, 6] = sign * step, 1.0
            rig.send(rig.chunk(deltas=deltas))
            rig.run(300)
    rig.run(600)
    assert breaches(rig.first.robot.record.rows()) == []
