"""What the nano model learns from: the expert in the cell in process, led astray now and then, and what it would do.

Every state is answered by the expert's own next rows from there, so that a hand off the way learns the way back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from molmoact.curation.frames import traces_of
from molmoact.curation.rows import Trace
from molmoact.profile import Resize
from molmoact.runtime.inputs import resized
from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.expert import expert_rows
from sim_cell.projection import project
from sim_cell.renderer import View
from sim_cell.scoring import hands_of, objects_of
from sim_cell.settings import WORLD, CameraSettings
from sim_cell.tasks import Episode

COORDINATE = 255
_EDGE = 2
"""Things nearer to the picture's edge than this, in 0..255, are not pointed at."""

Array = NDArray[np.float64]


class LessonSettings(Settings):
    """How lessons are held.

    Attributes:
        keep: share of the states that become rows; pictures are drawn of these alone.
        astray: chance a step of being led away, where nothing is held.
        farthest: of being led away, metres.
        longest: steps after which a lesson is given up.
    """

    keep: float = Field(default=0.5, gt=0, le=1)
    astray: float = Field(default=0.03, ge=0, le=1)
    farthest: float = Field(default=0.08, ge=0, le=0.2)
    longest: int = Field(default=200, ge=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """One state of a lesson.

    Attributes:
        instruction: what is to be done.
        views: camera name -> picture as the model sees it.
        depth: millimetres, of the first view.
        rows: what the expert does from here, shape (steps, 7), physical units.
        trace: of the hand from here to the end, in the first view.
        points: camera name -> thing -> where it is seen, in 0..255.
    """

    instruction: str
    views: Mapping[str, NDArray[np.uint8]]
    depth: NDArray[np.uint16]
    rows: Array
    trace: tuple[Trace, ...]
    points: Mapping[str, Mapping[str, tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class _Seen:
    step: int
    views: Mapping[str, View]
    rows: Array
    points: Mapping[str, Mapping[str, tuple[int, int]]]


def moments(
    cell: InProcessCell, episode: Episode, settings: LessonSettings, size: Resize, steps: int = 8
) -> Iterator[Moment]:
    """Hold one lesson; nothing where the task was not done in time.

    Args:
        cell: any state; it is reset.
        episode: what is to be done.
        settings: how.
        size: of the model's pictures.
        steps: of a chunk.
    """
    random = np.random.default_rng([abs(episode.seed), crc32(b"lesson")])
    seen: list[_Seen] = []
    path: list[Array] = []
    for rows in _states(cell, episode, settings, steps):
        if random.random() < settings.keep:
            seen.append(_Seen(len(path), cell.render(), rows, _points(cell)))
        path.append(cell.snapshot().tcp[0, :3])
    if cell.score().success:
        yield from _told(cell, episode, seen, np.array(path), size)


def demonstrated(cell: InProcessCell, episode: Episode, settings: LessonSettings) -> Array:
    """The first row of every state's answer in a lesson, shape (states, 7); draws nothing."""
    return np.concatenate(list(_states(cell, episode, settings, 1)))


def _states(cell: InProcessCell, episode: Episode, settings: LessonSettings, steps: int) -> Iterator[Array]:
    """Go through a lesson; at each state what the expert would do, shape (steps, 7)."""
    random = np.random.default_rng([abs(episode.seed), crc32(b"astray")])
    cell.reset(episode)
    if random.random() < 0.5:
        _lead(cell, random, 2 * settings.farthest, 10)
    for _ in range(settings.longest):
        if cell.score().success:
            return
        rows = expert_rows(cell, steps)
        yield rows
        cell.step(rows[0])
        if cell.gripper > 0.5 and random.random() < settings.astray:
            _lead(cell, random, settings.farthest, int(random.integers(1, 5)))


def _lead(cell: InProcessCell, random: np.random.Generator, farthest: float, steps: int) -> None:
    """Lead the hand somewhere near, not down onto the blocks, a little turned."""
    start = cell.commanded
    shift = random.uniform(-1, 1, 3) * farthest * (1.0, 1.0, 0.6)
    height = max(start.position[2] + shift[2], min(start.position[2], 0.10))
    goal = np.array([*(start.position[:2] + shift[:2]), height])
    turn = random.uniform(-0.15, 0.15)
    for step in range(1, steps + 1):
        here = start.position + (goal - start.position) * step / steps
        cell.move(Pose(here, _turned(start, turn * step / steps)), 1.0)


def _turned(pose: Pose, angle: float) -> Array:
    half = angle / 2
    x, y, z, w = pose.quaternion
    s, c = np.sin(half), np.cos(half)
    # a turn about the world's z, before the pose's own rotation
    return np.array([c * x - s * y, c * y + s * x, c * z + s * w, c * w - s * z])


def _told(cell: InProcessCell, episode: Episode, seen: list[_Seen], path: Array, size: Resize) -> Iterator[Moment]:
    first, camera = next(iter(cell.scene.cameras.items()))
    traces = traces_of(project(camera, path)[:, None], (camera.height, camera.width)) if len(path) else []
    for each in seen:
        depth = each.views[first].depth
        if depth is None:
            raise ValueError(f"the first camera of the scene, {first}, has no depth")
        yield Moment(
            instruction=episode.instruction,
            views={name: resized(view.rgb, size) for name, view in each.views.items()},
            depth=depth,
            rows=each.rows,
            trace=traces[each.step],
            points=each.points,
        )


def _points(cell: InProcessCell) -> dict[str, dict[str, tuple[int, int]]]:
    """Where every camera sees blocks, tray and gripper now."""
    now = cell.snapshot()
    things = {f"{name} block": pose.position for name, pose in objects_of(cell.scene, now).items()}
    if cell.scene.blocks is not None:
        things["tray"] = np.array([*cell.scene.blocks.tray.center, 0.0])
    (hand,) = hands_of(cell.scene, now).values()
    things["gripper"] = hand.tcp.position
    return {name: _seen_by(camera, hand.tcp, things) for name, camera in cell.scene.cameras.items()}


def _seen_by(camera: CameraSettings, tcp: Pose, things: Mapping[str, Array]) -> dict[str, tuple[int, int]]:
    places = np.array(list(things.values()))
    names = list(things)
    if camera.parent != WORLD:
        places = tcp.rotation().inv().apply(places - tcp.position)
        names[-1] = ""  # the hand's camera always sees the gripper in one place
    scaled = (project(camera, places) + 0.5) / (camera.width, camera.height) * COORDINATE
    inside = np.all((scaled > _EDGE) & (scaled < COORDINATE - _EDGE), axis=1)  # false where it is NaN
    return {
        name: (round(x), round(y)) for name, (x, y), seen in zip(names, scaled, inside, strict=True) if seen and name
    }
