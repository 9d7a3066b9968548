"""The impedance driver under the whole bridge at a simulated arm with weight and friction, in the arm's own ticks."""

from collections.abc import Iterator

import numpy as np
import pytest
from franky_sim.franka_robot_protocol import MoveStatus, RobotCommand, StateControllerMode
from franky_sim.franka_server import BaseCommand

from bench.motion_figures import speeds, ticks_to_rest
from bench.motion_rig import MotionRig, motion_rig
from franka_bridge.drivers.franky_impedance import FrankyImpedance
from franka_bridge.errors import DriverLostError
from franka_bridge.safety import SafetyConfig
from franka_bridge.state_machine import Mode
from molmoact_common.poses import Pose

pytestmark = [pytest.mark.robot, pytest.mark.slow]
HOST = "127.0.103.21"
CAP = SafetyConfig().speed_cap
PERIOD = 1 / 15


@pytest.fixture(scope="module")
def rig() -> Iterator[MotionRig]:
    with motion_rig("franky_impedance", [HOST]) as connected:
        yield connected


@pytest.fixture(autouse=True)
def at_home(rig: MotionRig) -> None:
    rig.begin()


def driver(rig: MotionRig) -> FrankyImpedance:
    return rig.bridge.arms["arm"].driver


def measured(rig: MotionRig, since: int) -> np.ndarray:
    return rig.world.traces[0].rows(since)[1]


def here(rig: MotionRig) -> np.ndarray:
    return measured(rig, rig.world.tick - 1)[0]


def cruise(rig: MotionRig) -> None:
    rig.send(np.tile([CAP * PERIOD, 0.0, 0.0], (16, 1)), PERIOD)
    rig.run(700)
    assert speeds(measured(rig, rig.world.tick - 20)).min() > 0.9 * CAP


def test_a_chunk_ends_within_what_friction_leaves_and_is_no_faster_than_the_cap(rig: MotionRig):
    start, since = here(rig), rig.world.tick
    rig.send(np.tile([0.008, 0.0, 0.0], (8, 1)), PERIOD)
    rig.finish()
    rig.run(800)
    assert here(rig) - start == pytest.approx([0.064, 0.0, 0.0], abs=0.003)
    assert speeds(measured(rig, since)).max() < 1.05 * CAP
    assert driver(rig).moving_ms() is not None  # the spring holds on


def test_a_stop_ends_the_motion_within_250_ticks_and_the_robot_holds(rig: MotionRig):
    cruise(rig)
    since = rig.world.tick
    rig.bridge.stop("a test")
    rig.run(400)
    assert ticks_to_rest(measured(rig, since)) <= 250
    assert driver(rig).moving_ms() is None
    assert rig.bridge.mode is Mode.STOPPED
    rested = here(rig)
    rig.run(600)
    assert here(rig) == pytest.approx(rested, abs=1e-4)


def test_a_halt_lets_a_load_that_nobody_declared_sink_no_further_than_a_hand(rig: MotionRig):
    cruise(rig)
    hand = rig.world.robots[0].data.body("robot0_hand")
    hand.xfrc_applied[2] = -10.0  # 1 kg
    try:
        rig.run(100)
        height = here(rig)[2]
        driver(rig).halt()
        rig.run(1000)
        assert height - here(rig)[2] < 0.03
        held = here(rig)[2]
        rig.run(500)
        assert here(rig)[2] == pytest.approx(held, abs=1e-3)
    finally:
        hand.xfrc_applied[2] = 0.0


def test_where_control_cycles_cease_the_arm_rests_near_the_last_target(rig: MotionRig):
    """Nobody reads the state or sends a target; the watchdog is kept out of it."""
    lone = driver(rig)._inner
    target, start = here(rig), rig.world.tick
    quaternion = lone.state().measured.quaternion
    for _ in range(60):
        target = target + np.array([CAP * 0.01, 0.0, 0.0])
        lone.state()
        lone.move_to(Pose(target, quaternion))
        rig.world.advance(rig.world.tick + 10)
    assert speeds(measured(rig, start)).max() > 0.9 * CAP
    silent = rig.world.tick
    rig.world.advance(silent + 1500)
    assert ticks_to_rest(measured(rig, silent)) < 500
    assert lone.moving_ms() is None
    assert np.linalg.norm(here(rig) - target) < 0.02


def test_an_obstacle_feels_no_more_than_the_clipped_spring(rig: MotionRig):
    """The arm is held in place by a force that grows until it does not move any more."""
    rig.send(np.tile([0.008, 0.0, 0.0], (4, 1)), PERIOD)
    rig.finish()
    rig.run(500)
    config = rig.bridge.arms["arm"].config.impedance
    most = config.stiffness[0] * config.error_clip[0]
    start = here(rig)
    hand = rig.world.robots[0].data.body("robot0_hand")
    hand.xfrc_applied[0] = -0.5 * most
    try:
        rig.run(600)
        assert abs(here(rig)[0] - start[0]) < config.error_clip[0]  # the spring holds against half of it
        hand.xfrc_applied[0] = -2.5 * most  # more than spring and friction together
        rig.run(600)
        assert start[0] - here(rig)[0] > 2 * config.error_clip[0]
    finally:
        hand.xfrc_applied[0] = 0.0


def test_the_way_home_follows_on_a_spring_and_a_spring_on_the_way_home(rig: MotionRig):
    for _ in range(2):
        rig.send(np.tile([0.0, 0.008, 0.0], (4, 1)), PERIOD)
        rig.finish()
        rig.begin()
        assert rig.bridge.arms["arm"].away_from_home() < 0.05


def test_torques_stay_in_the_range_and_change_no_faster_than_an_fr3_allows(rig: MotionRig):
    robot, torques = rig.world.robots[0], []
    control = robot.torque_control

    def note_and_control(values: np.ndarray, **options: bool) -> None:
        if robot.server.robot_state.controller_mode == StateControllerMode.kExternalController:
            torques.append(np.array(values))
        control(values, **options)

    robot.torque_control = note_and_control
    try:
        cruise(rig)
        driver(rig).halt()
        rig.run(100)
    finally:
        robot.torque_control = control
    assert len(torques) > 500
    assert np.abs(np.diff(torques, axis=0)).max() <= 1.0 + 1e-6
    assert (np.abs(torques) <= np.array([87.0] * 4 + [12.0] * 3)).all()


def test_a_reflex_is_a_stop_from_which_recover_leads_out(rig: MotionRig):
    cruise(rig)
    server = rig.world.robots[0].server
    BaseCommand.send_response(
        server._tcp_socket, RobotCommand.kMove, server.current_motion_id, MoveStatus.kReflexAborted
    )
    server.stop_motion(send_preemption_signal=False)
    server.reset_current_motion_id()
    rig.run(200, until=lambda: rig.bridge.mode is Mode.STOPPED)
    assert "reflex" in rig.bridge.reason
    rig.begin()
    rig.send(np.tile([0.008, 0.0, 0.0], (4, 1)), PERIOD)
    rig.finish()


def test_before_connecting_every_call_says_what_to_do(rig: MotionRig):
    alone = FrankyImpedance(rig.bridge.arms["arm"].config, CAP)
    with pytest.raises(DriverLostError, match="call recover"):
        alone.state()
    alone.stop()
    alone.close()
