"""Checks of a chunk as a whole, before anything of it moves: each one passes it or refuses it, nothing is guessed."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from molmoact_common.chunks import DOF_PER_ARM, Chunk


@dataclass(frozen=True, slots=True)
class Arrival:
    """The bridge as a chunk finds it.

    Attributes:
        now_ns: time of the graph's clock.
        started_ns: when motion was started.
        newest_sequence: highest sequence that was seen since then; -1: none.
        step: the command-step counter.
        anchor_known: whether the history has the chunk's command_step.
        running: whether another chunk is being commanded.
    """

    now_ns: int
    started_ns: int
    newest_sequence: int
    step: int
    anchor_known: bool
    running: bool


class ChunkCheck(Protocol):
    """One rule for chunks."""

    @property
    def name(self) -> str:
        """For counters and messages."""

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """Why the chunk is refused, in one line; empty: it passes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The arms are ours, in our order, with seven columns each and at least one row."""

    arms: tuple[str, ...]
    name: str = "shape"

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """See `ChunkCheck`."""
        if chunk.arms != self.arms:
            return f"is for arms {', '.join(chunk.arms) or '(none)'}; this bridge moves {', '.join(self.arms)}"
        columns = DOF_PER_ARM * len(self.arms)
        if chunk.deltas.ndim != 2 or chunk.deltas.shape[1] != columns or not len(chunk.deltas):
            return f"has shape {chunk.deltas.shape}, not (steps, {columns})"
        return ""


@dataclass(frozen=True, slots=True)
class Finite:
    """Every number is one, and the step period is one that can be kept (5 ms .. 1 s)."""

    name: str = "finite"

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """See `ChunkCheck`."""
        bad = np.argwhere(~np.isfinite(chunk.deltas))
        if len(bad):
            row, column = bad[0]
            return f"holds {chunk.deltas[row, column]} in row {row}, column {column}"
        if not 0.005 <= chunk.step_period <= 1.0:
            return f"has a step period of {chunk.step_period} s, outside 0.005 .. 1"
        return ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Newer than every chunk seen since the start: late, duplicate and reordered ones are dropped."""

    name: str = "sequence"

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """See `ChunkCheck`."""
        if chunk.sequence <= arrival.newest_sequence:
            return f"is number {chunk.sequence}, and number {arrival.newest_sequence} was here before"
        return ""


@dataclass(frozen=True, slots=True)
class Age:
    """The observation was made after the start and is not older than the limit (seconds) of the mode."""

    holding: float
    running: float
    name: str = "age"

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """See `ChunkCheck`."""
        if chunk.observation_ns < arrival.started_ns:
            return "answers an observation from before the start"
        limit = self.running if arrival.running else self.holding
        age = (arrival.now_ns - chunk.observation_ns) / 1e9
        if age > limit:
            return f"answers an observation {age:.2f} s old; the limit is {limit:g} s"
        if age < -1.0:
            return f"answers an observation {-age:.2f} s in the future; check the clocks"
        return ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The pose that the deltas start from is known, and not all rows have been overtaken by steps since."""

    name: str = "anchor"

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """See `ChunkCheck`."""
        if not arrival.anchor_known:
            return f"starts from command step {chunk.command_step}, of which nothing is known at {arrival.step}"
        made = arrival.step - chunk.command_step
        if made >= len(chunk.deltas):
            return f"has {len(chunk.deltas)} rows, and {made} steps were made since its observation"
        return ""


@dataclass(frozen=True, slots=True)
class RowSize:
    """No row moves further than any sane step does: metres and radians of the limits.

    The turn is the length of its three numbers, whatever their convention: a rotation made of them could not tell
    a whole turn from none.
    """

    translation: float
    rotation: float
    name: str = "row_size"

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """See `ChunkCheck`."""
        per_arm = chunk.deltas.reshape(len(chunk.deltas), -1, DOF_PER_ARM)
        with np.errstate(over="ignore"):  # infinite is too far as well
            length = float(np.linalg.norm(per_arm[..., :3], axis=-1).max())
            turn = float(np.linalg.norm(per_arm[..., 3:6], axis=-1).max())
        if length > self.translation:
            return f"moves {length * 1e3:.0f} mm in a row; the limit is {self.translation * 1e3:.0f} mm"
        if turn > self.rotation:
            return f"turns {turn:.2f} rad in a row; the limit is {self.rotation:.2f} rad"
        return ""
