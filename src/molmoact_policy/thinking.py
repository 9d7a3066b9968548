"""One answer from observation to chunk: the backend's stages, stamped as they come, gathered into a growing thought."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from molmoact.profile import CheckpointProfile
from molmoact.runtime.backend import Action, Backend, Depth, Pass, Prefilled, Preprocessed, Refused, Stage, TraceFound
from molmoact.runtime.observation import Observation, TracePoints
from molmoact_common.chunks import Chunk, Ledger


class ThoughtStage(IntEnum):
    """How far a thought is; the values are those of Reasoning.msg."""

    OBSERVED = 0
    DEPTH = 1
    TRACE = 2
    ACTION = 3
    REFUSED = 4


@dataclass(frozen=True, slots=True)
class Thought:
    """What is known of one answer so far.

    Attributes:
        observation: what is being answered.
        stage: how far it is.
        model: name of the backend.
        depth_codes: 100 values 0..127, row-major 10 x 10; empty before DEPTH.
        traces: arm name -> points, 0..255 of the image that the model sees; empty before TRACE.
        text: the answer's text so far.
        why: what was wrong, where refused.
        input_digest: sha256 over the arrays that the model got; empty before the preprocessing is done.
        ledger: stamps so far.
        chunk: the chunk, from ACTION on.
    """

    observation: Observation
    stage: ThoughtStage
    model: str
    depth_codes: tuple[int, ...] = ()
    traces: Mapping[str, TracePoints] = field(default_factory=dict)
    text: str = ""
    why: str = ""
    input_digest: str = ""
    ledger: Ledger = field(default_factory=Ledger)
    chunk: Chunk | None = None


def think(
    backend: Backend,
    observation: Observation,
    arms: tuple[str, ...],
    now: Callable[[], int],
    cancelled: Callable[[], str],
) -> Iterator[Thought]:
    """Answer `observation`; a thought each time one of its published stages is reached.

    Args:
        backend: who answers.
        observation: what is answered.
        arms: names of the robot's arms in the order of the action's columns.
        now: the graph's clock, nanoseconds.
        cancelled: asked between stages; a reason ends the answer as refused, "" goes on.

    Yields:
        OBSERVED first; last either ACTION with a chunk, or REFUSED with the reason.
    """
    ledger = Ledger(exposure=observation.stamp_ns, received=observation.received_ns)
    thought = Thought(observation, ThoughtStage.OBSERVED, backend.name, ledger=ledger)
    yield thought
    for stage in backend.reason(observation):
        before = thought.stage
        thought = _advance(thought, stage, backend.profile, arms, now())
        reason = cancelled()
        if reason and thought.stage is not ThoughtStage.REFUSED:
            thought = replace(thought, stage=ThoughtStage.REFUSED, why=f"cancelled: {reason}", chunk=None)
        if thought.stage is not before:
            yield thought
        if thought.stage in (ThoughtStage.ACTION, ThoughtStage.REFUSED):
            return
    yield replace(thought, stage=ThoughtStage.REFUSED, why=f"{backend.name} ended without an action")


def _advance(thought: Thought, stage: Stage, profile: CheckpointProfile, arms: tuple[str, ...], now_ns: int) -> Thought:
    ledger = replace(thought.ledger)
    match stage:
        case Preprocessed(digest):
            ledger.preprocessed = now_ns
            thought = replace(thought, input_digest=digest, ledger=ledger)
        case Prefilled():
            ledger.prefilled = now_ns
            thought = replace(thought, ledger=ledger)
        case Pass():  # nothing is known yet that could be shown; only a moment to cancel in
            pass
        case Depth(codes, text):
            ledger.depth = now_ns
            thought = replace(thought, stage=ThoughtStage.DEPTH, depth_codes=codes, text=text, ledger=ledger)
        case TraceFound(traces, text):
            ledger.trace = now_ns
            thought = replace(thought, stage=ThoughtStage.TRACE, traces=traces, text=text, ledger=ledger)
        case Refused(why, text, passes):
            ledger.forward_passes = passes
            thought = replace(thought, stage=ThoughtStage.REFUSED, why=why, text=text, ledger=ledger)
        case Action(_, text, passes):
            ledger.action = now_ns
            ledger.forward_passes = passes
            thought = replace(thought, stage=ThoughtStage.ACTION, text=text, ledger=ledger)
            thought = replace(thought, chunk=_chunk(thought, stage, profile, arms))
    return thought


def _chunk(thought: Thought, action: Action, profile: CheckpointProfile, arms: tuple[str, ...]) -> Chunk:
    observation = thought.observation
    return Chunk(
        sequence=observation.sequence,
        observation_ns=observation.stamp_ns,
        command_step=observation.command_step,
        arms=arms,
        deltas=action.deltas,
        step_period=profile.step_period,
        frame=profile.frame,
        rotation=profile.rotation,
        model=thought.model,
        instruction=observation.instruction,
        ledger=thought.ledger,
    )
