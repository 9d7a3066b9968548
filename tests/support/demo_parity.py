"""A recorded demonstration held against the same one in process: what must be equal, and how far the rest is apart."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from demo_recorder.dataset.settings import ConversionSettings
from demo_recorder.dataset.take import episode_of
from demo_recorder.reading import BagReader
from molmoact.curation.episodes import Episode
from molmoact.curation.frames import decoded, traces_of
from molmoact.profile import load_profile
from molmoact_bringup.cell_calibration import cell_calibration
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.demonstration import DemonstrationSettings, demonstrate
from sim_cell.inprocess.replaying import play
from sim_cell.render_model import cache_directory
from sim_cell.settings import load_scene
from sim_cell.tasks import load_task, make_episode
from support.solo_cell import CONFIG

LAG = 0.15
"""Seconds that the arm of the graph was behind its command, besides its servos, on a busy machine."""


@dataclass(frozen=True)
class Parity:
    """One demonstration.

    Attributes:
        task: its name.
        seed: its seed.
        instruction: the same words in both.
        actions: largest difference of an action when the recorded commands are made in process (a profile's units).
        path_mm: how far the recorded commands are, at most, from the path that the expert commands in process.
        end_mm: between the last commands, recorded and made in process from the symbols' own numbers.
        solved: the recorded commands do the task in process too.
        measured_mm: mean distance of the measured hands, row by row.
        hands_px: the same in the first view.
        trace: mean difference of the traces' coordinates, 0..255.
        first_picture: mean difference of the first row's front pictures, grey levels.
        pictures: the same of all rows and views.
    """

    task: str
    seed: int
    instruction: bool
    actions: float
    path_mm: float
    end_mm: float
    solved: bool
    measured_mm: float
    hands_px: float
    trace: float
    first_picture: float
    pictures: float

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


class Comparer:
    """Compares takes of the scene `solo` with the cell in process."""

    def __init__(self) -> None:
        self.profile = load_profile(CONFIG / "policy/profiles/expert.yaml")
        self._calibration = cell_calibration(CONFIG / "cell/solo.yaml")
        scene = load_scene(CONFIG / "cell/solo.yaml")
        self.cell = InProcessCell(scene, self.profile, cache_directory())

    def compare(self, take: Path, seed: int) -> Parity:
        """Hold a take against what happens in process at the same seed."""
        recorded = episode_of(take, self.profile, ConversionSettings(no_ops=None), self._calibration)
        with BagReader(take) as reader:
            name = reader.info.task
        episode = make_episode(name, load_task(CONFIG / "tasks", name), self.cell.scene, seed)
        shown = demonstrate(self.cell, episode, self.profile, DemonstrationSettings(no_ops=None))
        assert shown is not None
        self.cell.lag = LAG
        rows = np.concatenate([recorded.actions[:, :6], 1 - recorded.actions[:, 6:]], axis=1)
        played = play(self.cell, episode, rows, pauses=_pauses(recorded, self.profile.step_period), record=True)
        assert played.record is not None
        again = played.record.episode(self.cell, self.profile, None)
        last = recorded.commanded[-1, 0, :3] + recorded.actions[-1, :3]
        return Parity(
            task=name,
            seed=seed,
            instruction=recorded.instruction == again.instruction,
            actions=float(np.abs(recorded.actions - again.actions).max()),
            path_mm=_off(recorded.commanded[:, 0, :3], shown.commanded[:, 0, :3]) * 1000,
            end_mm=float(np.linalg.norm(played.end.position - last)) * 1000,
            solved=played.success,
            measured_mm=float(np.linalg.norm((recorded.measured - again.measured)[:, 0, :3], axis=1).mean()) * 1000,
            hands_px=float(np.linalg.norm(recorded.hands - again.hands, axis=2).mean()),
            trace=_trace_difference(recorded, again),
            first_picture=_difference(recorded.views["front"][0], again.views["front"][0]),
            pictures=float(
                np.mean(
                    [
                        _difference(*pair)
                        for view in self.profile.views
                        for pair in zip(recorded.views[view], again.views[view], strict=True)
                    ]
                )
            ),
        )


def _pauses(recorded: Episode, period: float) -> tuple[float, ...]:
    """Seconds between a chunk's end and the next one's begin: they leave no rows."""
    gaps = np.diff(recorded.stamps_ns) / 1e9 - period
    return (0.0, *np.where(gaps > 0.3 * period, gaps, 0.0).tolist())


def _off(places: np.ndarray, path: np.ndarray) -> float:
    """Distance of the farthest of `places` from the polyline `path`."""
    start, way = path[:-1], np.diff(path, axis=0)
    along = np.einsum("psk,sk->ps", places[:, None] - start, way) / np.maximum((way**2).sum(axis=1), 1e-12)
    nearest = start + np.clip(along, 0, 1)[..., None] * way
    return float(np.linalg.norm(places[:, None] - nearest, axis=2).min(axis=1).max())


def _trace_difference(one: Episode, other: Episode) -> float:
    size = decoded(one.views["front"][0]).shape[:2]
    pairs = zip(traces_of(one.hands, size), traces_of(other.hands, size), strict=True)
    return float(np.mean([np.abs(np.subtract(a, b)).mean() for (a,), (b,) in pairs if len(a) == len(b)]))


def _difference(one: bytes, other: bytes) -> float:
    return float(np.abs(decoded(one).astype(int) - decoded(other)).mean())
