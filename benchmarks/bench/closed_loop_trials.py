"""One trial of a policy in the cell in process: look, reason, let the gate judge the chunk, make some of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from franka_bridge.gate.chunk_checks import Arrival
from franka_bridge.gate.gate import make_gate
from franka_bridge.safety import SafetyConfig
from molmoact.runtime.backend import Action, Backend, Refused
from molmoact.runtime.observation import Observation, TracePoints
from molmoact_common.chunks import Chunk
from sim_cell.expert import HOVER, LIFT_HEIGHT
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.projection import trace_of
from sim_cell.scoring import LIFTED, objects_of
from sim_cell.tasks import Episode

_STILL = np.zeros((4, 7))
"""The time that passes where nothing may move, in rows."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a policy is let act.

    Attributes:
        execute: rows of a chunk that are made before the policy looks again; 0: all that it gives.
        longest: rows of a trial.
        draw: a trace to the wanted thing is drawn, anew from the hand at each look.
    """

    execute: int = 0
    longest: int = 160
    draw: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial.

    Attributes:
        success: the goal held at some moment.
        wrong: another thing was lifted in the end.
        nearest: smallest distance of the hand from the wanted thing, metres.
        rows: that were made.
        refused: answers or chunks that moved nothing.
    """

    success: bool
    wrong: bool
    nearest: float
    rows: int
    refused: int


def run_trial(cell: InProcessCell, backend: Backend, episode: Episode, conduct: Conduct) -> Outcome:
    """Reset the cell and let the policy act until the goal holds or its rows are used up."""
    profile = backend.profile
    gate = make_gate(SafetyConfig(), profile.arms, leash=False)
    cell.reset(episode)
    rows = refused = looks = 0
    nearest = np.inf
    while rows < conduct.longest:
        looks += 1
        chunk = _think(cell, backend, looks, rows, conduct)
        may = chunk is not None and not gate.refusal(chunk, _arrival(looks))
        refused += not may
        deltas = chunk.deltas[: conduct.execute or None] if chunk is not None and may else _STILL
        for row in deltas:
            rows += 1
            if may:
                cell.step(row)
            nearest = min(nearest, _distance(cell))
            if cell.score().success:
                return Outcome(True, False, nearest, rows, refused)
    return Outcome(False, bool(_lifted(cell)), nearest, rows, refused)


def drawn_trace(cell: InProcessCell) -> TracePoints:
    """What a person would draw: from the hand over the wanted thing, down to it, and up."""
    hand = cell.snapshot().tcp[0, :3]
    target = objects_of(cell.scene, cell.snapshot())[cell.episode.target].position
    way = [hand, target, target + np.array([0.0, 0.0, LIFT_HEIGHT])]
    if hand[2] > HOVER:
        way.insert(1, np.array([*target[:2], HOVER]))
    return trace_of(next(iter(cell.scene.cameras.values())), np.array(way))


def _think(cell: InProcessCell, backend: Backend, number: int, looked_at: int, conduct: Conduct) -> Chunk | None:
    views = {name: view.rgb for name, view in cell.render().items()}
    arms = backend.profile.arms
    observation = Observation(
        sequence=number,
        stamp_ns=number,
        views=views,
        instruction=cell.episode.instruction,
        command_step=looked_at,
        drawn={arms[0]: drawn_trace(cell)} if conduct.draw else {},
    )
    for stage in backend.reason(observation):
        if isinstance(stage, Refused):
            return None
        if isinstance(stage, Action):
            return _chunk(observation, stage, backend)
    return None


def _chunk(observation: Observation, action: Action, backend: Backend) -> Chunk:
    profile = backend.profile
    return Chunk(
        sequence=observation.sequence,
        observation_ns=observation.stamp_ns,
        command_step=observation.command_step,
        arms=profile.arms,
        deltas=action.deltas,
        step_period=profile.step_period,
        frame=profile.frame,
        rotation=profile.rotation,
        model=backend.name,
        instruction=observation.instruction,
    )


def _arrival(number: int) -> Arrival:
    return Arrival(now_ns=number, started_ns=0, newest_sequence=number - 1, step=0, anchor_known=True, running=False)


def _distance(cell: InProcessCell) -> float:
    now = cell.snapshot()
    target = objects_of(cell.scene, now)[cell.episode.target].position
    return float(np.linalg.norm(now.tcp[0, :3] - target))


def _lifted(cell: InProcessCell) -> Sequence[str]:
    """Other things that are held up now."""
    start, now = cell.episode.start, objects_of(cell.scene, cell.snapshot())
    others = [name for name in now if name != cell.episode.target]
    return [name for name in others if now[name].position[2] - start[name].position[2] > LIFTED / 2]
