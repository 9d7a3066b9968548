"""From stages to stamped thoughts and the chunk."""

from itertools import count

import numpy as np

from molmoact.runtime.backend import Action, Depth, Prefilled, Preprocessed, Refused, TraceFound
from molmoact_policy.thinking import Thought, ThoughtStage, think
from support.scripted_policy import ScriptedBackend, observation

CODES = tuple(range(100))
DELTAS = np.arange(14.0).reshape(2, 7)
STAGES = (
    Preprocessed("abc"),
    Prefilled(),
    Depth(CODES, "depth"),
    TraceFound({"arm": ((1, 2),)}, "trace"),
    Action(DELTAS, "all", 46),
)


def thoughts(stages=STAGES, reasons=()) -> tuple[list[Thought], ScriptedBackend]:
    backend = ScriptedBackend(stages)
    clock = count(100)
    left = list(reasons)
    found = think(backend, observation(), ("panda",), lambda: next(clock), lambda: left.pop(0) if left else "")
    return list(found), backend


def test_publishes_each_stage_once_and_the_chunk_last():
    found, _ = thoughts()
    assert [t.stage for t in found] == [
        ThoughtStage.OBSERVED,
        ThoughtStage.DEPTH,
        ThoughtStage.TRACE,
        ThoughtStage.ACTION,
    ]
    assert [t.chunk is not None for t in found] == [False, False, False, True]
    assert found[-1].depth_codes == CODES
    assert found[-1].traces == {"arm": ((1, 2),)}
    assert found[-1].input_digest == "abc"


def test_each_stage_is_stamped_when_it_came():
    ledger = thoughts()[0][-1].ledger
    assert (ledger.exposure, ledger.received) == (50, 60)
    stamps = (ledger.preprocessed, ledger.prefilled, ledger.depth, ledger.trace, ledger.action)
    assert stamps == (100, 101, 102, 103, 104)
    assert ledger.forward_passes == 46


def test_a_thought_already_given_out_does_not_change():
    backend = ScriptedBackend(STAGES)
    running = think(backend, observation(), ("panda",), lambda: 1, lambda: "")
    first = next(running)
    list(running)
    assert first.ledger.action == 0


def test_the_chunk_carries_what_the_bridge_needs_to_place_it():
    chunk = thoughts()[0][-1].chunk
    assert chunk is not None
    assert (chunk.sequence, chunk.observation_ns, chunk.command_step) == (5, 50, 3)
    assert (chunk.arms, chunk.step_period, chunk.instruction) == (("panda",), 0.1, "lift the block")
    assert np.array_equal(chunk.deltas, DELTAS)


def test_a_refusal_ends_without_a_chunk_and_says_why():
    found, _ = thoughts((Preprocessed(), Refused("action step 3: unknown symbol", "text", 9), Action(DELTAS)))
    assert found[-1].stage is ThoughtStage.REFUSED
    assert found[-1].why == "action step 3: unknown symbol"
    assert all(t.chunk is None for t in found)


def test_a_cancelled_answer_stops_between_stages_and_gives_no_chunk():
    found, backend = thoughts(reasons=["", "", "the instruction changed"])
    assert found[-1].stage is ThoughtStage.REFUSED
    assert found[-1].why == "cancelled: the instruction changed"
    assert backend.given == 3


def test_an_action_that_comes_after_the_cancel_is_not_sent():
    found, _ = thoughts(reasons=["", "", "", "", "stopped"])
    assert found[-1].stage is ThoughtStage.REFUSED
    assert found[-1].chunk is None


def test_a_backend_that_ends_without_an_action_is_a_refusal():
    found, _ = thoughts((Preprocessed(),))
    assert found[-1].stage is ThoughtStage.REFUSED
    assert "ended without an action" in found[-1].why
