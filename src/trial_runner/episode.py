"""One episode in the cell as a script: clear the hands, home, place the objects, run, and say how it went."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from trial_runner.graph_view import GraphView
from trial_runner.script import Call, Script, Until

NANOSECONDS = 1_000_000_000
ANSWER = 15.0
"""Seconds of wall time for a service that only changes state."""

MOVE = 120.0
"""Seconds of wall time for one that moves the arm; a slow machine slows the world."""

READY = 120.0
"""Seconds of wall time until every node is up: loading a checkpoint takes the longest."""


@dataclass(frozen=True, slots=True)
class EpisodePlan:
    """What one episode is.

    Attributes:
        task: name of the cell's task.
        seed: placement of the objects.
        instruction: in place of the task's own, where not empty.
        world_seconds: time limit, in world time.
        chunks: end after so many executed chunks, whatever the task says; 0: only success or time end it.
        wall_seconds: a graph that makes no progress in so much wall time has failed.
    """

    task: str
    seed: int
    instruction: str = ""
    world_seconds: float = 60.0
    chunks: int = 0
    wall_seconds: float = 600.0


@dataclass(slots=True)
class EpisodeResult:
    """How one episode went; filled while its script runs.

    `why` says why it ended without success; `lost` whether that was an arm that no longer answered, which tells nothing
    of the policy.
    """

    seed: int
    instruction: str = ""
    success: bool = False
    progress: float = 0.0
    executed: int = 0
    world_seconds: float = 0.0
    done: bool = False
    why: str = ""
    lost: bool = False


Besides = Callable[[EpisodePlan, EpisodeResult], Iterator[Call]]
"""Further calls for an episode."""


def _nothing(plan: EpisodePlan, result: EpisodeResult) -> Iterator[Call]:
    del plan, result
    return iter(())


@dataclass(slots=True)
class Session:
    """Several episodes after one another.

    Attributes:
        plans: what they are.
        results: so far.
        before: calls between the placement of an episode and its start.
        after: calls once it has ended.
    """

    plans: list[EpisodePlan]
    results: list[EpisodeResult] = field(default_factory=list)
    before: Besides = _nothing
    after: Besides = _nothing

    @property
    def complete(self) -> bool:
        """Every plan was run to its end."""
        return len(self.results) == len(self.plans) and all(result.done for result in self.results)

    def script(self, view: GraphView) -> Script:
        """Wait for the graph, then run every plan."""
        yield Until("the arm to be connected", lambda v: v.all_in("idle", "holding"), READY)
        yield Until("the policy to be ready", lambda v: bool(v.policy), READY)
        for plan in self.plans:
            result = EpisodeResult(plan.seed)
            self.results.append(result)
            yield from _placed(plan, result)
            yield from self.before(plan, result)
            yield from _run(plan, result, view)
            yield from self.after(plan, result)
            result.done = True


def _placed(plan: EpisodePlan, result: EpisodeResult) -> Script:
    placement = {"task": plan.task, "seed": plan.seed}
    # Out of the hands before they move: a tray between two that go home at once would jam. Then as the seed has it.
    yield Call("cell/reset", MOVE, placement)
    yield Call("bridge/home", MOVE, {})
    placed = yield Call("cell/reset", MOVE, placement)
    result.instruction = plan.instruction or placed.instruction
    yield Until("the cell to show the new placement", lambda v: v.seed == plan.seed and not v.success, ANSWER)
    yield Call("policy/set_instruction", ANSWER, {"instruction": result.instruction})


def _run(plan: EpisodePlan, result: EpisodeResult, view: GraphView) -> Script:
    begun_ns, executed_before = view.world_ns, view.executed
    yield Call("bridge/start", ANSWER, {})

    def over(now: GraphView) -> bool:
        result.progress = max(result.progress, now.progress)
        result.executed = now.executed - executed_before
        result.world_seconds = (now.world_ns - begun_ns) / NANOSECONDS
        result.success = result.success or now.success
        enough = bool(plan.chunks) and result.executed >= plan.chunks
        fell_out = not now.all_in("running", "holding")
        return result.success or enough or fell_out or result.world_seconds > plan.world_seconds

    yield Until("the arm to follow", lambda v: v.all_in("running", "holding"), ANSWER)
    yield Until("the episode to end", over, plan.wall_seconds)
    if not result.success:
        result.why, result.lost = _why(view, plan), "disconnected" in view.arm_modes.values()


def _why(view: GraphView, plan: EpisodePlan) -> str:
    """Why an episode has ended without success, in one line."""
    fallen = [arm for arm, mode in view.arm_modes.items() if mode not in ("running", "holding")]
    if fallen:
        return "; ".join(f"{arm} {view.arm_modes[arm]}: {view.arm_reasons.get(arm, '')}" for arm in fallen)
    answers = f"; last refused answer: {view.answers_refused[-1]}" if view.answers_refused else ""
    return (f"{plan.chunks} chunks" if plan.chunks else f"time limit of {plan.world_seconds:g} s") + answers
