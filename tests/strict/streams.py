"""Rows of deltas as a policy gives them: the paths of the demo's expert, rows at the caps, turns and corners."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from molmoact_common.poses import Pose
from sim_cell.expert import Job, State
from sim_cell.orders import into_tray
from sim_cell.settings import load_scene
from sim_cell.tasks import load_task, make_episode
from sim_cell.teamwork import plan_chunk
from sim_cell.tray import handles
from strict.rig import CONFIG, CRUISE, PERIOD, SAFETY

TURN = SAFETY.turn_cap * PERIOD
"""Radians a row at the cap."""
LONGEST = 150
"""Rows of an episode; the expert is done after 90 to 130."""


def straight(rows: int, *delta: float) -> np.ndarray:
    """The same row again and again: dx dy dz (m), rotation vector (rad); the gripper stays open."""
    return np.tile([*delta, *[0.0] * (6 - len(delta)), 1.0], (rows, 1))


def square(side: int = 8) -> np.ndarray:
    """Round a square at 0.9 of the speed cap, each side of so many rows: four corners without slowing down."""
    step = 0.9 * CRUISE
    return np.concatenate([straight(side, x * step, y * step) for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1))])


def there_and_back() -> Iterator[tuple[str, np.ndarray]]:
    """Name and rows of one chunk along and about each axis at the caps, and back again."""
    for axis, name in enumerate(("x", "y", "z", "about x", "about y", "about z")):
        delta = np.zeros(6)
        delta[axis] = CRUISE if axis < 3 else TURN
        yield name, straight(8, *delta)
        yield f"{name} back", straight(8, *-delta)


def expert_rows(start: Mapping[str, Pose], seed: int, cell: Path = CONFIG / "cell" / "solo.yaml") -> np.ndarray:
    """What the demo's expert would do from `start` (each arm's TCP in its base frame), if nothing went wrong.

    Returns:
        Shape (rows, 7 * arms), without the standing rows at its end.
    """
    scene = load_scene(cell)
    task = "lift_tray" if scene.loose_tray is not None else "put_block_in_tray"
    episode = make_episode(task, load_task(CONFIG / "tasks", task), scene, seed)
    places = dict.fromkeys(scene.arms, episode.start[episode.target])
    if scene.loose_tray is not None:
        job = Job(scene.loose_tray.handle.thickness)
        places = handles(scene.loose_tray, episode.start[episode.target], scene.arms)
    else:
        assert scene.blocks is not None
        job = Job(scene.blocks.size, into_tray(scene.blocks))
    states = {arm: State(pose, pose.position, 1.0, 1.0, places[arm]) for arm, pose in start.items()}
    rows = plan_chunk(states, job, LONGEST)
    moves = np.flatnonzero(np.abs(rows.reshape(len(rows), -1, 7)[..., :6]).max(axis=(1, 2)) > 0)
    return rows[: moves[-1] + 1]
