"""Actions as symbols and back: normalise, bin, write; read, un-bin, un-normalise, and turn into physical units.

Two grippers conventions meet here, so both are spelt out. In a data set's raw actions the gripper is closing-positive
(0 or -1 open, 1 closed); it is written as `1 - raw`, so a written +1 is open and 0 is closed. A checkpoint that
was made from data of the other sign says so in its profile (`gripper: one_is_closed`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from molmoact.profile import CheckpointProfile
from molmoact.protocol.statistics import ActionStatistics
from molmoact.protocol.symbols import BINS, ActionSymbols
from molmoact_common.chunks import DOF_PER_ARM
from molmoact_common.errors import CheckpointError

Array = NDArray[np.float64]

_EDGES = np.linspace(-1.0, 1.0, BINS)
_CENTRES = (_EDGES[:-1] + _EDGES[1:]) / 2
"""255 centres of 256 bins: bin 255 holds the value 1.0 alone and reads as bin 254's centre."""


def normalise(raw: NDArray[np.floating], statistics: ActionStatistics) -> Array:
    """Raw actions to what is written, each arm of a pair treated like a single one.

    (The published code treats only the first seven of fourteen so, and leaves the second arm's motion raw.)

    Args:
        raw: shape (N, 7 * arms), units of the statistics, gripper closing-positive.
        statistics: of the data set.

    Returns:
        Shape (N, 7 * arms), -1..1. A dimension that never changes in the data is written as 0.
    """
    raw = np.asarray(raw)
    span = statistics.high - statistics.low
    scaled = 2 * (raw - statistics.low) / (span + 1e-8) - 1
    result = np.where(span > 0, np.clip(scaled, -1, 1), 0.0).astype(np.float64)
    grippers = slice(DOF_PER_ARM - 1, None, DOF_PER_ARM)
    result[:, grippers] = 1.0 - raw[:, grippers]
    return result


def bins_of(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Bins 0..255 of values, clipped to -1..1; only 1.0 itself gives 255."""
    return np.asarray(np.digitize(np.clip(values, -1.0, 1.0), _EDGES) - 1, dtype=np.int64)


def values_of(bins: NDArray[np.integer]) -> Array:
    """Centre of each bin, in -1..1."""
    return np.asarray(_CENTRES[np.minimum(bins, len(_CENTRES) - 1)])


def un_normalise(values: Array, statistics: ActionStatistics) -> Array:
    """Written values, shape (N, D), in the statistics' units; grippers stay as written."""
    span = (statistics.high - statistics.low).astype(np.float64)
    return np.where(statistics.scaled, 0.5 * (values + 1) * span + statistics.low, values)


def physical(actions: Array, profile: CheckpointProfile) -> Array:
    """Un-normalised actions as deltas of a chunk.

    Args:
        actions: shape (steps, 7 * arms), from `un_normalise`.
        profile: its scales turn the statistics' units into metres and radians, its gripper says what +1 means.

    Returns:
        Shape (steps, 7 * arms): metres, radians, gripper opening. A written gripper lies in 0..1; below 0 counts as 0.
    """
    steps = np.asarray(actions, dtype=np.float64).reshape(len(actions), -1, DOF_PER_ARM).copy()
    steps[..., :3] *= profile.translation_scale
    steps[..., 3:6] *= profile.rotation_scale
    gripper = np.clip(steps[..., 6], 0.0, 1.0)
    steps[..., 6] = gripper if profile.gripper == "one_is_open" else 1.0 - gripper
    return steps.reshape(len(actions), -1)


def check_dimensions(statistics: ActionStatistics, profile: CheckpointProfile) -> None:
    """See that the statistics have seven dimensions for each of the profile's arms.

    Raises:
        CheckpointError: they do not.
    """
    expected = DOF_PER_ARM * len(profile.arms)
    if statistics.dof != expected:
        raise CheckpointError(
            f"statistics {statistics.key!r} have {statistics.dof} dimensions, the profile's arms need {expected}; "
            "choose another statistics_key or correct the profile's arms"
        )


def write_step(bins: Sequence[int] | NDArray[np.integer], symbols: ActionSymbols) -> str:
    """One step as it stands in the text: `[s1, s2, ...]`."""
    return "[" + ", ".join(symbols.by_bin[int(b)] for b in bins) + "]"


def write_chunk(bins: NDArray[np.integer], symbols: ActionSymbols) -> str:
    """Steps as they stand in the text: `[[...], [...], ...]`."""
    return "[" + ", ".join(write_step(step, symbols) for step in bins) + "]"


def chunk_at(bins: NDArray[np.int64], start: int, steps: int = 8) -> NDArray[np.int64]:
    """`steps` rows of one episode from `start` on; past its end the last row is repeated."""
    return bins[np.minimum(np.arange(start, start + steps), len(bins) - 1)]
