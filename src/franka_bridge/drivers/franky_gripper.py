"""The Franka hand through franky; blocking calls only, since a pending asynchronous one crashes the process at exit."""

from typing import Any

import franky

from franka_bridge.config import ArmConfig, GripperConfig
from franka_bridge.deadlines import call_with_deadline
from franka_bridge.drivers.franky_errors import GRIPPER_PORT, probe, translated
from franka_bridge.errors import DriverError, DriverLostError
from molmoact_common.errors import UnreachableError


class FrankyGripper:
    """One hand; see `GripperDevice`."""

    def __init__(self, arm: ArmConfig, config: GripperConfig) -> None:
        self._host = arm.host
        self._connect_deadline = arm.deadlines.connect
        self._config = config
        self._gripper: Any = None

    def connect(self) -> None:
        """See `GripperDevice`."""
        probe(self._host, GRIPPER_PORT, "the gripper")
        what = f"connecting to the gripper at {self._host}"
        try:
            with translated(what):
                self._gripper = call_with_deadline(lambda: franky.Gripper(self._host), self._connect_deadline, what)
        except DriverError as error:
            raise UnreachableError(f"{error}; or set gripper: null where the arm has none") from error

    def width(self) -> float:
        """See `GripperDevice`."""
        with translated("reading the gripper"):
            return float(self._connected().width)

    def move(self, width: float) -> None:
        """See `GripperDevice`."""
        with translated("opening the gripper"):
            self._connected().move(width, self._config.speed)

    def grasp(self, width: float) -> None:
        """See `GripperDevice`; any width that the fingers end at is a success, an object of any size among them."""
        any_width = self._config.max_width
        with translated("closing the gripper"):
            self._connected().grasp(width, self._config.speed, self._config.force, any_width, any_width)

    def _connected(self) -> Any:
        if self._gripper is None:
            raise DriverLostError("the gripper is not connected; start the bridge again")
        return self._gripper
