"""The chunk: what a policy asks of the arms, in physical units, and the ledger of when each stage was reached."""

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import DeltaFrame, RotationConvention

DOF_PER_ARM = 7


@dataclass(slots=True)
class Ledger:
    """Stamps of one chunk (nanoseconds of the graph's clock; 0 means not reached) and its forward passes."""

    exposure: int = 0
    received: int = 0
    preprocessed: int = 0
    prefilled: int = 0
    depth: int = 0
    trace: int = 0
    action: int = 0
    bridge_received: int = 0
    first_step_applied: int = 0
    last_step_applied: int = 0
    forward_passes: int = 0

    @classmethod
    def stamp_names(cls) -> tuple[str, ...]:
        """The stamps in the order in which a chunk passes them."""
        return tuple(f.name for f in fields(cls) if f.name != "forward_passes")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Steps of end-effector deltas that answer one observation.

    Attributes:
        sequence: rises with every observation, over restarts of the policy too.
        observation_ns: stamp of the observation (nanoseconds of the graph's clock).
        command_step: the bridge's command-step counter at that observation.
        arms: names in the order of the columns.
        deltas: float64, shape (steps, 7 * arms); an arm's 7 are dx dy dz (metres), three rotation numbers
            (radians), gripper opening (0 closed .. 1 open, absolute).
        step_period: seconds a step at speed factor 1.
        frame: frame of the deltas.
        rotation: meaning of the rotation numbers.
        model: which checkpoint or backend made it.
        instruction: what it was asked to do.
        ledger: stamps so far.
    """

    sequence: int
    observation_ns: int
    command_step: int
    arms: tuple[str, ...]
    deltas: NDArray[np.float64]
    step_period: float
    frame: DeltaFrame
    rotation: RotationConvention
    model: str = ""
    instruction: str = ""
    ledger: Ledger = field(default_factory=Ledger)
