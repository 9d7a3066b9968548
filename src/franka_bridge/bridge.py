"""The bridge as a plain object: modes, arms and the follower; the node only passes messages and time to it."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from franka_bridge.arm import Arm
from franka_bridge.config import SafetyConfig
from franka_bridge.drivers.base import Driver, DriverState
from franka_bridge.errors import DriverError, DriverLostError, RefusedError
from franka_bridge.follower import ChunkReport, Follower
from franka_bridge.gate.gate import make_gate
from franka_bridge.ramp import Ramp
from franka_bridge.state_machine import Event, Mode, StateMachine
from franka_bridge.targets import Target, Targets
from franka_bridge.watchdog import WatchdogThread
from molmoact_common.chunks import Chunk
from molmoact_common.errors import UserError


@dataclass(frozen=True, slots=True)
class ArmSnapshot:
    """One arm as the world may see it; fields as in ArmState.msg."""

    mode: Mode
    reason: str
    command_step: int
    state: DriverState
    commanded: Target
    opening: float
    dry_run: bool


class Bridge:
    """Moves one arm or several as one: one follower, one mode, one stop.

    `stop` may be called from any thread and waits for nothing. Everything else takes a lock that is never held while
    an arm goes home or recovers.
    """

    def __init__(self, arms: Mapping[str, Arm], safety: SafetyConfig) -> None:
        self.arms = dict(arms)
        self._dry_run = not all(arm.driver.moves for arm in self.arms.values())
        self._gate = make_gate(safety, tuple(self.arms), leash=not self._dry_run)
        self._follower = Follower(self._gate, safety)
        self._ramp = Ramp()
        self._machine = StateMachine()
        self._lock = threading.RLock()
        self._stops: deque[str] = deque()  # reasons not yet taken up; its operations are atomic, so stop needs no lock
        self._stop_held = False
        self._reading = False
        self._watchdog_trips = 0
        self._watchdog_thread = WatchdogThread([(arm.watchdog, arm.driver) for arm in self.arms.values()])

    @property
    def mode(self) -> Mode:
        """The mode; a stop shows at once, before the next tick takes it up."""
        return Mode.STOPPED if self._stops else self._machine.mode

    @property
    def reason(self) -> str:
        """Why it is in this mode; empty where it needs no reason."""
        return "; ".join(self._stops) or self._machine.reason

    def connect(self) -> None:
        """Connect every arm, and begin to watch.

        Raises:
            UnreachableError: one of them does not answer.
        """
        try:
            for arm in self.arms.values():
                arm.connect()
        except UserError:
            self.close()  # of two arms the first may be connected already
            raise
        self._machine.apply(Event.CONNECTED)
        self._reading = True
        self._watchdog_thread.start()

    def close(self) -> None:
        """Bring the arms to rest and let go of them."""
        self._watchdog_thread.close()
        for arm in self.arms.values():
            arm.close()

    def tick(self, now_ns: int) -> None:
        """One control cycle: read every arm, command at most one step.

        Args:
            now_ns: time of the graph's clock.
        """
        with self._lock:
            self._take_stop(now_ns)
            if self._reading and self._read(now_ns) and self._machine.mode is Mode.RUNNING:
                self._follow(now_ns)

    def on_chunk(self, chunk: Chunk, now_ns: int) -> None:
        """Take a chunk, or report why not."""
        with self._lock:
            self._take_stop(now_ns)
            if not self._machine.allows(Event.CHUNK):
                self._follower.refuse(chunk, now_ns, f"mode: the bridge is {self._machine.mode.name.lower()}")
            elif self._follower.offer(chunk, now_ns):
                self._machine.apply(Event.CHUNK)
                self._beat()

    def start(self, now_ns: int) -> str:
        """Accept chunks from now on.

        Raises:
            RefusedError: not idle, or an arm is away from home; says which call comes first.
        """
        with self._lock:
            self._take_stop(now_ns)
            if self._machine.allows(Event.START) and self._read(now_ns):
                self._check_home()
            self._machine.apply(Event.START)
            here = {name: arm.here() for name, arm in self.arms.items()}
            self._follower.start(here, now_ns)
            self._ramp.rest_at(here)
            return "following chunks" + (", as a dry run: nothing moves" if self._dry_run else "")

    def stop(self, reason: str) -> None:
        """Bring every arm to rest and latch; works in every mode and waits for nobody."""
        self._stops.append(reason)
        self._stops.extend(self._stop_drivers())

    def hold_stop(self, held: bool) -> None:
        """The latched topic: true stops, and forbids to recover until it is false."""
        self._stop_held = held
        if held:
            self.stop("the stop topic says so")

    def recover(self, now_ns: int) -> str:
        """Clear errors, or connect again, and leave the stop.

        Raises:
            RefusedError: there is nothing to recover from, or the stop topic still says stop.
            UserError: an arm does not recover.
        """
        if self._stop_held:
            raise RefusedError("the stop topic still says stop; publish false on it first")
        with self._away(Event.RECOVER, "recovering", now_ns):
            self._reading = False
            try:
                done = [f"{name}: {arm.recover()}" for name, arm in self.arms.items()]
            finally:
                self._reading = True
        return "; ".join(done)

    def home(self, now_ns: int) -> str:
        """Bring every arm to its home joints.

        Raises:
            RefusedError: not possible in this mode; says which call comes first.
            UserError: an arm did not arrive.
        """
        with self._away(Event.HOME, "going home", now_ns):
            for arm in self.arms.values():
                arm.driver.home()
        return "dry run: nothing was moved" if self._dry_run else "at home"

    def take_reports(self) -> list[ChunkReport]:
        """What became of chunks since the last call."""
        with self._lock:
            return self._follower.take_reports()

    def snapshot(self) -> dict[str, ArmSnapshot]:
        """Every arm that has been heard of."""
        with self._lock:
            commanded = self._follower.commanded
            return {
                name: ArmSnapshot(
                    mode=self.mode,
                    reason=self.reason,
                    command_step=self._follower.command_step,
                    state=arm.state,
                    commanded=commanded[name] if commanded is not None else arm.here(),
                    opening=arm.opening,
                    dry_run=self._dry_run,
                )
                for name, arm in self.arms.items()
                if arm.state is not None
            }

    def diagnostics(self) -> dict[str, str]:
        """Mode, counters of the gate with their figures, watchdog trips, faults of the grippers."""
        values = {"mode": self.mode.name.lower(), "reason": self.reason, "dry_run": str(self._dry_run).lower()}
        values |= {f"gate.{name}": str(count) for name, count in self._gate.counts.items()}
        values |= {f"limit.{name}": figure for name, figure in self._gate.figures.items()}
        values["watchdog_trips"] = str(self._watchdog_trips)
        grippers = {name: arm.gripper for name, arm in self.arms.items() if arm.gripper is not None}
        return values | {f"gripper.{name}": gripper.fault or "ok" for name, gripper in grippers.items()}

    def _read(self, now_ns: int) -> bool:
        """Newest state of every arm; false where one is lost or has stopped by itself."""
        for name, arm in self.arms.items():
            try:
                arm.state = arm.driver.state()
            except DriverLostError as error:
                self._lose(now_ns, f"{name}: {error}")
                return False
            if arm.state.fault and self._machine.mode is not Mode.STOPPED:
                self._stop_now(now_ns, f"{name}: {arm.state.fault}")
                return False
        return True

    def _follow(self, now_ns: int) -> None:
        silence = max(arm.watchdog.silence_ms(arm.state.robot_time_ms) for arm in self.arms.values() if arm.state)
        if any(arm.watchdog.expired(arm.state.robot_time_ms) for arm in self.arms.values() if arm.state):
            self._watchdog_trips += 1
            self._follower.discard(now_ns, f"watchdog: no control cycle for {silence} ms")
            self._each_driver(now_ns, lambda _, driver: driver.halt())
        else:
            measured = {name: arm.state.measured for name, arm in self.arms.items() if arm.state}
            targets = self._follower.step(now_ns, measured)
            if targets is not None:
                self._command(targets)
            self._send(now_ns)
        self._beat()
        if self._machine.mode is Mode.RUNNING and not self._follower.following:
            self._machine.apply(Event.RAN_OUT)
            self._rest()

    def _command(self, targets: Targets) -> None:
        self._ramp.head_for(targets, *self._follower.step_time)
        for name, arm in self.arms.items():
            if arm.gripper is not None:
                arm.gripper.set_opening(targets[name].opening)

    def _send(self, now_ns: int) -> None:
        """Where each arm shall be by now; where the chunk came to an end, that is where its motion ends too."""
        last = not self._follower.following
        setpoints = self._ramp.at(now_ns) if last else self._ramp.next(now_ns)
        if setpoints:
            self._each_driver(now_ns, lambda name, driver: driver.move_to(setpoints[name], last=last))

    def _each_driver(self, now_ns: int, call: Callable[[str, Driver], None]) -> None:
        try:
            for name, arm in self.arms.items():
                call(name, arm.driver)
        except DriverError as error:
            self._stop_now(now_ns, str(error))

    def _beat(self) -> None:
        for arm in self.arms.values():
            if arm.state is not None:
                arm.watchdog.beat(arm.state.robot_time_ms)

    def _rest(self) -> None:
        for arm in self.arms.values():
            arm.watchdog.rest()

    def _check_home(self) -> None:
        for name, arm in self.arms.items():
            away = arm.away_from_home()
            if away > arm.config.home_tolerance:
                raise RefusedError(f"{name} is away from home by {away:.2f} rad: call home first")

    def _stop_now(self, now_ns: int, reason: str) -> None:
        self.stop(reason)
        self._take_stop(now_ns)

    def _take_stop(self, now_ns: int) -> None:
        """Let a stop that was called from another thread reach the mode, the chunk and the grippers."""
        reasons = []
        while self._stops:
            reasons.append(self._stops.popleft())
        if reasons and self._machine.mode is not Mode.STOPPED:
            self._leave(now_ns, Event.STOP, "; ".join(reasons))

    def _lose(self, now_ns: int, reason: str) -> None:
        """One arm is gone: the others stop, and nothing is read until recover."""
        self._reading = False
        self._leave(now_ns, Event.LOST, "; ".join([reason, *self._stop_drivers()]))

    def _stop_drivers(self) -> list[str]:
        """Stop every arm; an error of one must not keep the others from it, and is returned."""
        errors = []
        for name, arm in self.arms.items():
            try:
                arm.driver.stop()
            except DriverError as error:
                errors.append(f"{name}: {error}")
        return errors

    def _leave(self, now_ns: int, event: Event, reason: str) -> None:
        self._follower.discard(now_ns, f"{event}: {reason}")
        self._machine.apply(event, reason)
        self._rest()
        for arm in self.arms.values():
            if arm.gripper is not None:
                arm.gripper.forget()

    @contextmanager
    def _away(self, event: Event, reason: str, now_ns: int) -> Iterator[None]:
        """Around something long that moves or resets the arms outside of the follower; the lock is free meanwhile."""
        with self._lock:
            self._take_stop(now_ns)
            self._machine.apply(event, reason)
            self._follower.discard(now_ns, reason)
            self._rest()
        try:
            yield
        except UserError as error:
            with self._lock:
                self._take_stop(now_ns)
                if self._machine.mode is Mode.RECOVERING:
                    self._machine.apply(Event.FAILED, str(error))
            raise
        with self._lock:
            self._take_stop(now_ns)
            if self._machine.mode is not Mode.RECOVERING:
                raise RefusedError(f"{reason} was broken off: {self._machine.reason}")
            self._machine.apply(Event.DONE)
            self._follower.forget()
