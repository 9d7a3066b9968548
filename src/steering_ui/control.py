"""What a page's messages do: who may do what, and what becomes of chunks; the robot is behind a seam."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from steering_ui import messages as say
from steering_ui.approval import ApprovalDesk, Declined, Mode, Outcome, Proposal, Relayed
from steering_ui.errors import RefusedError
from steering_ui.lease import Lease

LOST = "the controlling page is gone"
ORDERED = "ordered on the page"


class Robot(Protocol):
    """What the page can do to the graph. Nothing here waits but `call`."""

    @property
    def relays(self) -> bool:
        """Whether chunks come through here."""

    def stop(self, held: bool) -> None:
        """Publish the stop topic: true stops and latches, false lets recover lead out."""

    def stand_still(self, why: str) -> None:
        """End the motion under way, without latching a stop where chunks come through here."""

    def relay(self, outcome: Relayed) -> None:
        """Send a chunk on to the bridge."""

    def decline(self, outcome: Declined) -> None:
        """Tell the graph that nothing of a chunk is commanded."""

    async def call(self, service: str, fields: dict[str, Any]) -> str:
        """Call a service and return what it says.

        Raises:
            RefusedError: nobody offers it, it gave no answer in time, or it said no.
        """


@dataclass(slots=True)
class Clock:
    """The two times that count here: `wall` (seconds) for people and connections, `graph` (ns) for chunks."""

    wall: Callable[[], float]
    graph: Callable[[], int]


class Control:
    """Lease, approval and orders as one; one thread uses it."""

    def __init__(self, robot: Robot, approval: ApprovalDesk, lease: Lease, clock: Clock) -> None:
        self.approval = approval
        self.lease = lease
        self.steering: dict[str, Any] = {}
        """The drawn traces that were last taken by the policy."""
        self._robot = robot
        self._clock = clock

    def stop(self) -> None:
        """The fastest path: asks nobody, waits for nothing; any page may."""
        self._robot.stop(True)

    def proposed(self, proposal: Proposal, unseen: str = "") -> None:
        """A policy proposes a chunk; `unseen`: why nobody can be shown what they would say yes to."""
        if unseen and self.approval.mode is Mode.ASK:
            self._robot.decline(Declined(proposal, f"approval: cannot be shown: {unseen}"))
        else:
            self._carry_out(self.approval.proposed(proposal, self._clock.graph()))

    def look(self) -> None:
        """Time goes on; to be called ten times a second."""
        if self.lease.lapsed(self._clock.wall()):
            self._hold(LOST)
        self._carry_out(self.approval.look(self._clock.graph()))

    def gone(self, connection: str) -> None:
        """A connection ended; the controller's ends the motion."""
        if self.lease.release(connection):
            self._hold(LOST)

    async def follow(self, command: say.Command) -> str:
        """Do what a page says; what there is to say about it.

        Raises:
            RefusedError: not allowed now, or the graph refused.
        """
        who = command.connection
        match command:
            case say.Heartbeat():
                self.lease.heard(who, self._clock.wall())
                return ""
            case say.TakeControl():
                self.lease.claim(who, self._clock.wall())
                return "this page has the controls"
        self.lease.require(who)
        return self._decided(command) or await self._called(command)

    def _decided(self, command: say.Command) -> str:
        """What is decided here, at once; empty: it is a matter of the graph."""
        match command:
            case say.ReleaseControl():
                self.lease.release(command.connection)
                return "this page only watches"
            case say.Hold():
                self._hold(ORDERED)
                return "held"
            case say.Resume():
                self._carry_out(self.approval.resume())
                return "the next chunk may come"
            case say.Approval(mode=mode):
                self._relaying()
                self._carry_out(self.approval.set_mode(Mode(mode)))
                return "each chunk waits for a yes" if mode == "ask" else "chunks go on by themselves"
            case say.Decide(sequence=sequence, verdict=verdict, rows=rows):
                yes, now = verdict == "approve", self._clock.graph()
                outcomes = self.approval.decide(sequence, approved=yes, rows=rows, now_ns=now)
                self._carry_out(outcomes)
                return _said(outcomes)
        return ""

    async def _called(self, command: say.Command) -> str:
        match command:
            case say.Instruct(text=text):
                return await self._robot.call("policy/set_instruction", {"instruction": text})
            case say.Steer(traces=traces):
                answer = await self._robot.call("policy/set_trace", {"traces": traces})
                self.steering = dict(traces)
                return answer
            case say.Speed(factor=factor):
                return await self._robot.call("bridge/set_speed_factor", {"speed_factor": factor})
            case say.Record(action=action, instruction=instruction, note=note):
                order = {"command": action, "instruction": instruction, "note": note}
                return await self._robot.call("recorder/episode", order)
            case say.Order(name="recover"):
                self._robot.stop(False)
                return await self._robot.call("bridge/recover", {})
            case say.Order(name=name):
                return await self._robot.call(f"bridge/{name}", {})
        raise RefusedError(f"nothing is done for {command.__class__.__name__}")

    def _hold(self, why: str) -> None:
        self.approval.hold(why)
        self._robot.stand_still(why)

    def _relaying(self) -> None:
        if not self._robot.relays:
            raise RefusedError("chunks do not come through here; bring the graph up with --ui")

    def _carry_out(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Relayed):
                self._robot.relay(outcome)
            else:
                self._robot.decline(outcome)


def _said(outcomes: Sequence[Outcome]) -> str:
    done = outcomes[0]
    if isinstance(done, Relayed):
        return f"chunk {done.proposal.sequence} goes on, {done.rows} of {done.proposal.rows} rows"
    return done.why
