"""Action statistics of a checkpoint (`config.norm_stats`): checked once, and chosen by key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molmoact_common.chunks import DOF_PER_ARM
from molmoact_common.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class ActionStatistics:
    """Range of each action dimension in the data that a checkpoint was trained on.

    Attributes:
        key: name within norm_stats.
        low: q01, float32, shape (D,), in the data's own units.
        high: q99, float32, shape (D,).
        scaled: bool, shape (D,); False where a decoded value is used as it is (always so for a gripper).
    """

    key: str
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    scaled: NDArray[np.bool_]

    @property
    def dof(self) -> int:
        """Number of action dimensions."""
        return len(self.low)


def choose_statistics(norm_stats: Mapping[str, Any], key: str = "") -> ActionStatistics:
    """The statistics under `key`, checked.

    Args:
        norm_stats: as in a checkpoint's config.json.
        key: empty takes the only one there is.

    Raises:
        CheckpointError: no statistics, unknown key, no key where there are several, or an entry that makes no sense.
    """
    if not norm_stats:
        raise CheckpointError(
            "the checkpoint's config.json has no norm_stats; without them no action can be decoded, convert it again"
        )
    known = ", ".join(sorted(norm_stats))
    if not key:
        if len(norm_stats) > 1:
            raise CheckpointError(f"the checkpoint has several statistics; set statistics_key to one of: {known}")
        key = next(iter(norm_stats))
    if key not in norm_stats:
        raise CheckpointError(f"no statistics {key!r} in the checkpoint; set statistics_key to one of: {known}")
    return _checked(key, norm_stats[key])


def _checked(key: str, entry: Any) -> ActionStatistics:
    action = entry.get("action") if isinstance(entry, Mapping) else None
    if not isinstance(action, Mapping):
        raise CheckpointError(f"statistics {key!r} have no 'action'; correct config.json")
    low, high = _numbers(key, action, "q01"), _numbers(key, action, "q99")
    mask = action.get("mask")
    if mask is None:
        mask = [True] * len(low)
    if not isinstance(mask, Sequence) or not (len(low) == len(high) == len(mask)):
        raise CheckpointError(f"statistics {key!r}: q01, q99 and mask differ in length; correct config.json")
    if np.any(high < low):
        raise CheckpointError(f"statistics {key!r}: q99 is below q01 in dimension {int(np.argmax(high < low))}")
    return ActionStatistics(key, low, high, _without_grippers(np.asarray(mask, dtype=np.bool_)))


def _numbers(key: str, action: Mapping[str, Any], name: str) -> NDArray[np.float32]:
    try:
        numbers = np.asarray(action[name], dtype=np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"statistics {key!r}: {name} is no list of numbers; correct config.json") from error
    if numbers.ndim != 1 or not len(numbers) or not np.all(np.isfinite(numbers)):
        raise CheckpointError(f"statistics {key!r}: {name} must be a list of finite numbers; correct config.json")
    return numbers


def _without_grippers(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask with every arm's last dimension off; the published decoder knows of one gripper only, the last."""
    result = mask.copy()
    result[-1] = False
    if len(mask) % DOF_PER_ARM == 0:
        result[DOF_PER_ARM - 1 :: DOF_PER_ARM] = False
    return result
