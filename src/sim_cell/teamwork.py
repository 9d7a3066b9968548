"""The scripted expert for all arms at once: who holds waits for the other; rolled out into chunks and paths."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import DeltaFrame, RotationConvention, Vector, delta_between
from sim_cell.expert import CLOSING, Job, State, Step, held, next_step, predict

States = Mapping[str, State]
"""Arm name -> what its rule looks at, each in its own base frame."""


def next_steps(states: States, job: Job) -> dict[str, Step]:
    """Each arm's next step; nobody carries before everybody holds."""
    holding = {arm for arm, state in states.items() if held(state, job)}
    waiting = holding if len(holding) < len(states) else set()
    return {arm: Step(state.tcp, 0.0) if arm in waiting else next_step(state, job) for arm, state in states.items()}


def roll_out(states: States, job: Job, steps: int) -> Iterator[States]:
    """The states after each of the next steps, if nothing unforeseen happens."""
    for _ in range(steps):
        planned = next_steps(states, job)
        states = {arm: predict(state, planned[arm], job) for arm, state in states.items()}
        yield states


def plan_chunk(states: States, job: Job, steps: int) -> NDArray[np.float64]:
    """Deltas of the next steps.

    Returns:
        float64, shape (steps, 7 * arms), an arm's 7 in the order of `states`: dx dy dz (metres, base frame), rotation
        vector (radians, base frame), gripper opening (0..1, absolute).
    """
    rows = []
    before = states
    for after in roll_out(states, job, steps):
        rows.append(np.concatenate([_delta(before[arm], after[arm]) for arm in states]))
        before = after
    return np.array(rows)


def _delta(before: State, after: State) -> Vector:
    moved = delta_between(before.tcp, after.tcp, DeltaFrame.BASE, RotationConvention.ROTATION_VECTOR)
    return np.append(moved, after.gripper)


def plan_paths(states: States, job: Job, longest: int = 400) -> dict[str, NDArray[np.float64]]:
    """Arm name -> TCP positions (metres, base frame, shape (n, 3)) from now until the task is done."""
    paths = {arm: [state.tcp.position] for arm, state in states.items()}
    quiet = 0
    for after in roll_out(states, job, longest):
        rests = all(np.array_equal(state.tcp.position, paths[arm][-1]) for arm, state in after.items())
        quiet = quiet + 1 if rests else 0
        for arm, state in after.items():
            paths[arm].append(state.tcp.position)
        if quiet > 1 / CLOSING:
            break
    return {arm: np.array(path) for arm, path in paths.items()}
