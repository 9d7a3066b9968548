"""Two decoders on one prompt, taking turns: how long each takes, with the same tokens and passes asserted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.results import Row, Section, spread
from molmoact_common.errors import UserError

Decoder = Callable[[], list[int]]
"""Decodes the prompt from the beginning; the token ids that it gave."""

COLUMNS = ("answer (ms)", "p99 (ms)", "pass (ms)", "CPU (ms)", "tokens", "passes", "ratio", "ratio of CPU")


class DisagreementError(UserError):
    """The two decoders gave different tokens, so comparing their times means nothing."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """One decoding.

    Attributes:
        tokens: ids in order.
        passes: of the language model.
        milliseconds: on the wall.
        cpu_milliseconds: of this process, all threads.
    """

    tokens: Sequence[int]
    passes: int
    milliseconds: float
    cpu_milliseconds: float


@dataclass(frozen=True, slots=True)
class Duel:
    """Turns of both, in the order in which they were taken."""

    ours: Sequence[Turn]
    theirs: Sequence[Turn]

    def ratio(self, cost: Callable[[Turn], float]) -> float:
        """Their cost over ours: the median over pairs of neighbouring turns, so that a load on both cancels out."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return float(np.median([cost(theirs) / cost(ours) for ours, theirs in pairs]))


def timed(decode: Decoder, passes: Callable[[], int], wait: Callable[[], None]) -> Turn:
    """One turn; `passes` counts up over the life of the model, `wait` returns when the device is idle."""
    before = passes()
    wait()
    began, cpu_began = time.perf_counter(), time.process_time()
    tokens = decode()
    wait()
    ended, cpu_ended = time.perf_counter(), time.process_time()
    return Turn(tokens, passes() - before, (ended - began) * 1000, (cpu_ended - cpu_began) * 1000)


def fight(ours: Callable[[], Turn], theirs: Callable[[], Turn], runs: int) -> Duel:
    """Let each have one turn unmeasured and then `runs`; who begins alternates.

    Raises:
        DisagreementError: they gave different tokens; says where.
    """
    ours(), theirs()
    taken: tuple[list[Turn], list[Turn]] = ([], [])
    for number in range(runs):
        for who in (0, 1) if number % 2 == 0 else (1, 0):
            taken[who].append((ours, theirs)[who]())
        check_same(taken[0][-1].tokens, taken[1][-1].tokens)
    return Duel(*taken)


def check_same(ours: Sequence[int], theirs: Sequence[int]) -> None:
    """Refuse to go on with different tokens.

    Raises:
        DisagreementError: they differ.
    """
    if list(ours) != list(theirs):
        shared = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
        place = min(len(ours), len(theirs)) if shared is None else shared
        raise DisagreementError(
            f"greedy gave {len(ours)} tokens, generate {len(theirs)}, and they differ from token {place} on"
        )


def duel_section(duels: dict[str, Duel]) -> Section:
    """Two rows a duel."""
    rows: dict[str, Row] = {}
    for name, duel in duels.items():
        ratios = duel.ratio(wall_ms), duel.ratio(cpu_ms)
        rows[f"{name}: greedy"] = (*_row(duel.ours), *ratios)
        rows[f"{name}: transformers' generate"] = (*_row(duel.theirs), 1.0, 1.0)
    note = (
        "Medians but for p99. Ratio: so many times as fast as generate, the median over neighbouring turns of "
        "this run. Both gave the same tokens, which is checked."
    )
    return Section("decoding", COLUMNS, rows, note)


def wall_ms(turn: Turn) -> float:
    """Milliseconds on the wall."""
    return turn.milliseconds


def cpu_ms(turn: Turn) -> float:
    """Milliseconds of CPU time."""
    return turn.cpu_milliseconds


def _row(turns: Sequence[Turn]) -> Row:
    wall, _, p99, _, _ = spread([turn.milliseconds for turn in turns])
    a_pass = float(np.median([turn.milliseconds / turn.passes for turn in turns]))
    cpu = float(np.median([turn.cpu_milliseconds for turn in turns]))
    return wall, p99, a_pass, cpu, len(turns[0].tokens), turns[0].passes
