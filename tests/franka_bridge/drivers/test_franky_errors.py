"""What franky raises, in the bridge's words."""

from pathlib import Path

import franky
import pytest

from franka_bridge.config import RobotConfig
from franka_bridge.drivers.franky_errors import translated
from franka_bridge.drivers.franky_position import FrankyPosition
from franka_bridge.errors import DriverError, DriverLostError, PlannerError
from molmoact_common.errors import UnreachableError
from molmoact_common.yaml_config import load_settings

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize(
    ("raised", "kind", "line"),
    [
        (franky.NetworkException("UDP receive: Timeout"), DriverLostError, "call recover"),
        (RuntimeError("Net Exception"), DriverLostError, "call recover"),
        (RuntimeError("Motion planner failed with error code -111"), PlannerError, "-111"),
        (RuntimeError("something else"), DriverError, "something else"),
        (franky.ControlException("motion aborted\nby reflex!"), DriverError, "motion aborted by reflex!"),
        (franky.MotionReuseException("used"), DriverError, "used"),
        (franky.RealtimeException("no realtime kernel"), DriverError, "PREEMPT_RT kernel .* or set realtime: ignore"),
    ],
)
def test_each_error_has_its_kind_and_one_line(raised: Exception, kind: type[DriverError], line: str):
    with pytest.raises(DriverError, match=line) as caught, translated("doing it"):
        raise raised
    assert type(caught.value) is kind
    assert str(caught.value).startswith("doing it: ")
    assert "\n" not in str(caught.value)


@pytest.mark.robot
@pytest.mark.skipif(Path("/sys/kernel/realtime").exists(), reason="this kernel is a real-time kernel")
def test_enforcing_real_time_without_such_a_kernel_says_what_to_change(sim_robot):
    robot = sim_robot(host="127.0.63.6")
    config = load_settings(CONFIG / "robots" / "fr3_cell.yaml", RobotConfig).arms["arm"]
    driver = FrankyPosition(config.model_copy(update={"host": robot.host, "realtime": "enforce"}), 0.25)
    with pytest.raises(UnreachableError, match="or set realtime: ignore in the robot's file"):
        driver.connect()
