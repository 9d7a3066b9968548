"""Following chunks on the control cycle: watchdog, gated targets, setpoints between them."""

from collections.abc import Mapping

from franka_bridge.arm_group import ArmGroup
from franka_bridge.follower import Follower
from franka_bridge.gate.checks import Measured
from franka_bridge.gate.gate import Gate
from franka_bridge.ramp import Ramp
from franka_bridge.safety import SafetyConfig


class Following:
    """Takes the arms along the rows of the chunk under way; it knows no modes and handles no faults."""

    def __init__(self, group: ArmGroup, gate: Gate, safety: SafetyConfig) -> None:
        self.follower = Follower(gate, safety)
        self.watchdog_trips = 0
        self._group = group
        self._gate = gate
        self._ramp = Ramp()

    def start(self, now_ns: int) -> None:
        """Chunks move the arms from where they are."""
        here = self._group.here()
        self._group.note_resting_wrench()
        self.follower.start(here, now_ns, self._group.kinematics())
        self._ramp.rest_at(here)

    def cycle(self, now_ns: int) -> None:
        """One control cycle; afterwards `follower.following` tells whether there is more to do.

        Raises:
            DriverError: an arm refused.
        """
        silence = self._group.silence_ms()
        measured = self._group.measured()
        if silence is not None:
            self.watchdog_trips += 1
            self.halt(now_ns, f"watchdog: no control cycle for {silence} ms")
        elif objection := self._gate.objection(measured):
            self.halt(now_ns, objection)
        else:
            self._step(now_ns, measured)
            self._send(now_ns)
        self._group.beat()

    def halt(self, now_ns: int, why: str) -> None:
        """Bring the arms to rest where they are, and drop the chunk under way.

        Raises:
            DriverError: an arm refused.
        """
        self.follower.discard(now_ns, why)
        self._group.each_driver(lambda _, driver: driver.halt())

    def _step(self, now_ns: int, measured: Mapping[str, Measured]) -> None:
        targets = self.follower.step(now_ns, measured)
        if targets is not None:
            self._ramp.head_for(targets, *self.follower.step_time)
            self._group.set_openings(targets)

    def _send(self, now_ns: int) -> None:
        """Where each arm shall be by now; where the chunk came to an end, that is where its motion ends too."""
        last = not self.follower.following
        setpoints = self._ramp.at(now_ns) if last else self._ramp.next(now_ns)
        if setpoints:
            ahead = self._ramp.ahead()
            self._group.each_driver(lambda name, driver: driver.move_to(setpoints[name], ahead=ahead[name], last=last))

    def figures(self) -> dict[str, str]:
        """For diagnostics: speed factor, counters of the gate with their limits, watchdog trips."""
        values = {"speed_factor": f"{self.follower.speed_factor:g}", "watchdog_trips": str(self.watchdog_trips)}
        values |= {f"gate.{name}": str(count) for name, count in self._gate.counts.items()}
        return values | {f"limit.{name}": figure for name, figure in self._gate.figures.items()}
