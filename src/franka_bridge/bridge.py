"""The bridge as a plain object: modes, arms and the follower; the node only passes messages and time to it."""

import threading
from collections.abc import Mapping

from franka_bridge.arm import Arm
from franka_bridge.arm_group import ArmGroup
from franka_bridge.authority import Authority, Source
from franka_bridge.errors import DriverError, DriverLostError, RefusedError
from franka_bridge.following import Following
from franka_bridge.gate.gate import make_gate
from franka_bridge.long_actions import LongActions
from franka_bridge.reports import ChunkReport
from franka_bridge.safety import SafetyConfig
from franka_bridge.snapshot import ArmSnapshot
from franka_bridge.state_machine import Event, Mode, StateMachine
from franka_bridge.stopping import Stopping
from franka_bridge.watchdog import WatchdogThread
from molmoact_common.chunks import Chunk

SLOWEST = 0.05
"""Least speed factor: a twentieth of the caps, 12 mm/s at 250 mm/s."""


class Bridge:
    """Moves one arm or several as one: one follower, one mode, one stop.

    `stop` may be called from any thread and waits for nothing. Everything else takes a lock that is never held while
    an arm goes home or recovers.
    """

    def __init__(self, arms: Mapping[str, Arm], safety: SafetyConfig) -> None:
        self._group = ArmGroup(arms)
        bases = {name: arm.config.base_in_world.pose() for name, arm in arms.items()}
        gate = make_gate(safety, tuple(arms), leash=self._group.moves, bases=bases)
        self._machine = StateMachine()
        self._lock = threading.RLock()
        self._following = Following(self._group, gate, safety)
        self._follower = self._following.follower
        self._authority = Authority(
            presence_required=safety.presence == "required",
            presence_patience=safety.presence_patience,
            operator_patience=safety.operator_patience,
        )
        self._stopping = Stopping(self._group, self._machine, self._following, safety.stall)
        self._long = LongActions(self._lock, self._group, self._machine, self._following, self._stopping)
        self._watchdog_thread = WatchdogThread([(arm.watchdog, arm.driver) for arm in arms.values()])

    @property
    def arms(self) -> Mapping[str, Arm]:
        """Arm name -> arm."""
        return self._group.arms

    @property
    def mode(self) -> Mode:
        """The mode; a stop shows at once, before the next tick takes it up."""
        return Mode.STOPPED if self._stopping.reason else self._machine.mode

    @property
    def reason(self) -> str:
        """Why it is in this mode; empty where it needs no reason."""
        return self._stopping.reason or self._machine.reason

    def connect(self) -> None:
        """Connect every arm, and begin to watch.

        Raises:
            UnreachableError: one of them does not answer.
        """
        self._group.connect()
        self._machine.apply(Event.CONNECTED)
        self._stopping.reading = True
        self._watchdog_thread.start()

    def close(self) -> None:
        """Bring the arms to rest and let go of them."""
        self._watchdog_thread.close()
        self._group.close()

    def tick(self, now_ns: int) -> None:
        """One control cycle: read every arm, command at most one step. Whatever a robot does wrong ends as a mode.

        Args:
            now_ns: time of the graph's clock.
        """
        with self._lock:
            self._stopping.take(now_ns)
            failure = self._watchdog_thread.take_failure()
            if failure:
                self._stopping.stop_now(now_ns, failure)
            if self._stopping.read(now_ns) and self._machine.mode is Mode.RUNNING:
                self._follow(now_ns)

    def _follow(self, now_ns: int) -> None:
        source = self._follower.source
        unattended = self._authority.unattended(source, now_ns) if source is not None else ""
        try:
            if unattended:
                self._following.halt(now_ns, unattended)
            else:
                self._following.cycle(now_ns)
                self._stop_if_stuck(now_ns)
        except DriverLostError as error:
            self._stopping.lose(now_ns, str(error))
        except DriverError as error:
            self._stopping.stop_now(now_ns, str(error))
        if self._machine.mode is Mode.RUNNING and not self._follower.following:
            self._machine.apply(Event.RAN_OUT, unattended)
            self._group.rest()

    def _stop_if_stuck(self, now_ns: int) -> None:
        if self._follower.stuck:
            self._stopping.stop_now(now_ns, self._follower.stuck)

    def on_chunk(self, chunk: Chunk, now_ns: int, source: Source = Source.POLICY) -> None:
        """Take a chunk, or report why not; an operator's goes before the policy's."""
        with self._lock:
            self._stopping.take(now_ns)
            objection = self._objection(chunk, now_ns, source)
            if objection:
                self._follower.refuse(chunk, now_ns, objection, source)
            elif self._follower.offer(chunk, now_ns, source):
                self._machine.apply(Event.CHUNK)
                self._group.beat()

    def _objection(self, chunk: Chunk, now_ns: int, source: Source) -> str:
        if source is Source.OPERATOR:
            self._authority.operator_chunk(now_ns)
        if not self._machine.allows(Event.CHUNK):
            return f"mode: the bridge is {self._machine.mode.name.lower()}"
        return self._authority.objection(source, chunk.observation_ns, now_ns)

    def on_presence(self, held: bool, now_ns: int) -> None:
        """A report of the dead-man switch; counts where the safety file says `presence: required`."""
        with self._lock:
            self._authority.presence(held, now_ns)

    def set_speed_factor(self, value: float) -> str:
        """Scale every speed cap and stretch time from the next step on; lengths stay.

        Args:
            value: 0.05..1.

        Raises:
            RefusedError: it is not.
        """
        if not SLOWEST <= value <= 1.0:
            raise RefusedError(f"a speed factor of {value:g} is not possible; give one from {SLOWEST:g} to 1")
        with self._lock:
            self._follower.speed_factor = value
        return f"speed factor {value:g} from the next step on"

    def start(self, now_ns: int) -> str:
        """Accept chunks from now on.

        Raises:
            RefusedError: not idle, or an arm is away from home; says which call comes first.
        """
        with self._lock:
            self._stopping.take(now_ns)
            if self._machine.allows(Event.START) and self._stopping.read(now_ns):
                self._group.check_home()
            self._machine.apply(Event.START)
            self._following.start(now_ns)
            return "following chunks" + ("" if self._group.moves else ", as a dry run: nothing moves")

    def stop(self, reason: str) -> None:
        """Bring every arm to rest and latch; works in every mode and waits for nobody."""
        self._stopping.stop(reason)

    def hold_stop(self, held: bool) -> None:
        """The latched topic: true stops, and forbids to recover until it is false."""
        self._stopping.hold(held)

    def recover(self, now_ns: int) -> str:
        """Clear errors, or connect again, and leave the stop.

        Where chunks were followed and no person stopped that, they are followed again from where the arms are, as soon
        as one comes that answers an observation made since; else the bridge is idle, and start is a call of its own.

        Raises:
            RefusedError: there is nothing to recover from, or the stop topic still says stop.
            UserError: an arm does not recover.
        """
        return self._long.recover(now_ns)

    def home(self, now_ns: int) -> str:
        """Bring every arm to its home joints.

        Raises:
            RefusedError: not possible in this mode; says which call comes first.
            UserError: an arm did not arrive.
        """
        return self._long.home(now_ns)

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
                    dry_run=not self._group.moves,
                )
                for name, arm in self.arms.items()
                if arm.state is not None
            }

    def diagnostics(self) -> dict[str, str]:
        """Mode, counters of the gate with their figures, watchdog trips, planner failures, faults of the grippers."""
        dry_run = str(not self._group.moves).lower()
        values = {"mode": self.mode.name.lower(), "reason": self.reason, "dry_run": dry_run}
        return values | self._following.figures() | self._group.figures()
