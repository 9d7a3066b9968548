"""The seam between the bridge and an arm."""

from dataclasses import dataclass
from typing import Protocol

from molmoact_common.poses import Pose, Vector


@dataclass(frozen=True, slots=True)
class DriverState:
    """What an arm says of itself.

    Attributes:
        robot_time_ms: the robot's own 1 ms counter; it restarts with each connection.
        q: joint positions, rad, shape (7,).
        dq: joint speeds, rad/s, shape (7,).
        measured: TCP pose in the base frame, forward kinematics of `q`.
        wrench: external, at the TCP, base frame, shape (6,): N and Nm.
        fault: why the arm stopped by itself, one line, until `recover`; empty: it did not.
        planner_failures: motions that broke off because the planner on this side found none, since the start.
    """

    robot_time_ms: int
    q: Vector
    dq: Vector
    measured: Pose
    wrench: Vector
    fault: str = ""
    planner_failures: int = 0


@dataclass(frozen=True, slots=True)
class Ahead:
    """Where the newest step ends, and how fast the way there is gone: for a driver that plans.

    Attributes:
        end: TCP pose, base frame.
        speed: m/s of that step.
        turn: rad/s, the same.
    """

    end: Pose
    speed: float
    turn: float


class Driver(Protocol):
    """One arm. Every call ends within a deadline; all but `connect`, `recover`, `home` and `close` within milliseconds.

    `stop` and `halt` may be called from any thread at any time; the rest from one thread at a time. Calls raise
    DriverLostError where the robot does not answer any more, and DriverError where it refuses.
    """

    @property
    def moves(self) -> bool:
        """False: nothing is ever sent (dry run)."""

    @property
    def urdf(self) -> str:
        """How the robot describes itself; only while connected."""

    def connect(self) -> None:
        """Connect and set limits, end effector, load and collision thresholds.

        Raises:
            UnreachableError: no answer, or another protocol version.
        """

    def state(self) -> DriverState:
        """The newest state; waits for the robot's next packet where none moves.

        A target that the planner on this side failed at is sent once more from here, as soon as the arm stands; a
        second failure in a row is a fault.
        """

    def moving_ms(self) -> int | None:
        """The robot's counter while a motion runs; none at rest. Never blocks."""

    def move_to(self, target: Pose, *, ahead: Ahead | None = None, last: bool = False) -> None:
        """Be at `target` (TCP, base frame) about now, from wherever the last one has led; dropped after `stop`.

        `ahead`: where that leads, so far as it is allowed already. `last`: no other follows soon, so the motion ends
        there instead of waiting for it.
        """

    def halt(self) -> None:
        """Come to rest smoothly and hold; the next target moves again."""

    def stop(self) -> None:
        """As `halt`, and drop every target until `recover`."""

    def recover(self) -> str:
        """Clear errors (connecting again where the connection is lost) and allow targets; says what it did."""

    def home(self) -> None:
        """Go to the home joints and come to rest there."""

    def close(self) -> None:
        """Come to rest and let go of the robot."""
