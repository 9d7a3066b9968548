"""The driver of a dry run: the real connection and the real state, and not one motion."""

from franka_bridge.drivers.base import Ahead, Driver, DriverState
from molmoact_common.poses import Pose


class DryRun:
    """Wraps a driver and keeps from it everything that would move the arm."""

    moves = False

    def __init__(self, inner: Driver) -> None:
        self._inner = inner

    @property
    def urdf(self) -> str:
        """See `Driver`."""
        return self._inner.urdf

    def connect(self) -> None:
        """See `Driver`."""
        self._inner.connect()

    def state(self) -> DriverState:
        """See `Driver`."""
        return self._inner.state()

    def moving_ms(self) -> int | None:
        """Nothing that this process sent can be moving."""
        return None

    def move_to(self, target: Pose, *, ahead: Ahead | None = None, last: bool = False) -> None:
        """Not sent."""

    def halt(self) -> None:
        """Nothing to halt."""

    def stop(self) -> None:
        """Nothing to stop."""

    def recover(self) -> str:
        """See `Driver`; clearing errors moves nothing."""
        return self._inner.recover()

    def home(self) -> None:
        """Not sent."""

    def close(self) -> None:
        """See `Driver`."""
        self._inner.close()
