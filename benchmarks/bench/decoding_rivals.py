"""Fast decoding against transformers' `generate` on the same weights, the same prompts, and in the same tokens."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from bench.decoders import Allowed
from bench.decoding_runs import Bench, Inputs
from bench.duel import Duel, Turn, check_same, cpu_ms, timed, wall_ms
from bench.results import Section
from bench.scripted_answers import ScriptedAnswer
from molmoact.decoding.passes import Passes

RIVALS = 8
"""Answers of the series, from its end, that both decode."""

COLUMNS = ("fast (ms)", "generate (ms)", "ratio", "ratio of CPU")


def rivals_section(bench: Bench, answers: Sequence[ScriptedAnswer]) -> Section:
    """A row for the weights' own answers and for dictated ones; each pair of turns has the same tokens."""
    duels = {"own": _own(bench, answers), **{f"dictated, {b}": _dictated(bench, answers, b) for b in ("lost", "blind")}}
    rows = {name: (_median(d.ours), _median(d.theirs), d.ratio(wall_ms), d.ratio(cpu_ms)) for name, d in duels.items()}
    note = "Medians of whole answers, from picture to end; both sides gave the same tokens, which is checked."
    return Section("against transformers' generate", COLUMNS, rows, note)


def speedup(section: Section, row: str) -> float:
    """So many times as fast as generate, by CPU time."""
    return float(section.rows[row][COLUMNS.index("ratio of CPU")] or 0)


def _own(bench: Bench, answers: Sequence[ScriptedAnswer]) -> Duel:
    decoder = bench.decoder(Passes(bench.loaded.model, bench.capacity))

    def ours(answer: ScriptedAnswer, inputs: Inputs) -> list[int]:
        return bench.count(decoder, inputs, answer.steps).tokens

    def theirs(answer: ScriptedAnswer, inputs: Inputs) -> list[int]:
        return _generate(bench, inputs, Allowed(bench.constraint, inputs["input_ids"].shape[1]))

    return _fight(bench, answers, ours, theirs)


def _dictated(bench: Bench, answers: Sequence[ScriptedAnswer], behind: str) -> Duel:
    passes = bench.dictated("lost" if behind == "lost" else "blind")
    decoder = bench.decoder(passes)

    def ours(answer: ScriptedAnswer, inputs: Inputs) -> list[int]:
        passes.dictate(answer.tokens, bench.constraint)
        return bench.count(decoder, inputs, answer.steps).tokens

    def theirs(answer: ScriptedAnswer, inputs: Inputs) -> list[int]:
        prompt = inputs["input_ids"].shape[1]

        def dictated(batch: int, ids: Tensor) -> list[int]:
            return [answer.tokens[len(ids) - prompt]]

        return _generate(bench, inputs, dictated)

    return _fight(bench, answers, ours, theirs)


def _generate(bench: Bench, inputs: Inputs, allowed: Callable[[int, Tensor], list[int]]) -> list[int]:
    ids = bench.loaded.model.generate(
        **inputs,
        max_new_tokens=1024,
        do_sample=False,
        eos_token_id=bench.end_id,
        pad_token_id=bench.end_id,
        prefix_allowed_tokens_fn=allowed,
    )
    tokens: list[int] = ids[0, inputs["input_ids"].shape[1] :].tolist()
    return tokens


def _fight(
    bench: Bench,
    answers: Sequence[ScriptedAnswer],
    ours: Callable[[ScriptedAnswer, Inputs], list[int]],
    theirs: Callable[[ScriptedAnswer, Inputs], list[int]],
) -> Duel:
    """All answers decoded by us, so that drafts are as they would be; the last ones by both in turn."""
    taken: tuple[list[Turn], list[Turn]] = ([], [])
    wait = torch.cuda.synchronize if bench.loaded.model.device.type == "cuda" else lambda: None
    for answer in answers[:-RIVALS]:
        ours(answer, bench.inputs(answer))
    for answer in answers[-RIVALS:]:
        for who, turns in zip((ours, theirs), taken, strict=True):
            turns.append(timed(partial(who, answer, bench.inputs(answer)), lambda: 0, wait))
        check_same(taken[0][-1].tokens, taken[1][-1].tokens)
    return Duel(*taken)


def _median(turns: Sequence[Turn]) -> float:
    return sorted(turn.milliseconds for turn in turns)[len(turns) // 2]
