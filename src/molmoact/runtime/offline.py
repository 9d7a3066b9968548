"""One answer to pictures from files, without ROS: what `molmoact reason` prints and draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from molmoact.depth.codebook import DepthCodebook
from molmoact.runtime.backend import Action, Backend, BackendSettings, Depth, Refused, TraceFound
from molmoact.runtime.checkpoint_backend import load
from molmoact.runtime.observation import Observation, TracePoints
from molmoact.traces import draw_for_display
from molmoact_common.errors import ConfigError

_NUMBERS = ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")
_UNITS = (("translation (m)", slice(0, 3)), ("rotation (rad)", slice(3, 6)), ("gripper opening", slice(6, 7)))


@dataclass(frozen=True, slots=True)
class OfflineAnswer:
    """What a checkpoint said.

    Attributes:
        model: its name.
        text: the whole answer, as far as it went.
        depth: 100 codes, or empty.
        traces: arm name -> points in 0..255, or empty.
        deltas: shape (steps, 7 * arms), metres, radians, gripper opening; None where the answer was refused.
        why_refused: which rule was broken; empty where there are deltas.
        forward_passes: of the language model.
    """

    model: str
    text: str
    depth: tuple[int, ...]
    traces: Mapping[str, TracePoints]
    deltas: NDArray[np.float64] | None
    why_refused: str
    forward_passes: int


def reason_offline(
    images: Sequence[Path],
    instruction: str,
    checkpoint: Path,
    *,
    device: str = "auto",
    profile: str = "",
    output: Path | None = None,
    options: Mapping[str, object] | None = None,
) -> OfflineAnswer:
    """Load a checkpoint and answer once.

    Args:
        images: files of the views, in the order of the profile's views.
        instruction: what the robot shall do.
        checkpoint: folder.
        device: "auto", "cpu" or "cuda".
        profile: its file; empty: the one beside the checkpoint.
        output: PNG to draw; None draws nothing.
        options: of the backend (see CheckpointOptions).

    Raises:
        UserError: an image that cannot be read, a wrong number of them, or a checkpoint that cannot be loaded.
    """
    pictures = [_read(path) for path in images]
    backend = load(BackendSettings(str(checkpoint), profile, device, options or {}))
    views = backend.profile.views
    if len(pictures) != len(views):
        raise ConfigError(f"{len(pictures)} images given; the profile needs {len(views)}: {', '.join(views)}")
    observation = Observation(0, 0, dict(zip(views, pictures, strict=True)), instruction)
    answer = answer_once(backend, observation)
    if output is not None:
        draw_answer(answer, observation, DepthCodebook.beside(checkpoint), output)
    return answer


def answer_once(backend: Backend, observation: Observation) -> OfflineAnswer:
    """All stages of one answer, gathered."""
    found: dict[str, Any] = {"depth": (), "traces": {}, "deltas": None, "why_refused": ""}
    for stage in backend.reason(observation):
        match stage:
            case Depth(codes, _):
                found["depth"] = codes
            case TraceFound(traces, _):
                found["traces"] = traces
            case Action(deltas, text, passes):
                found |= {"deltas": deltas, "text": text, "forward_passes": passes}
            case Refused(why, text, passes):
                found |= {"why_refused": why, "text": text, "forward_passes": passes}
    return OfflineAnswer(model=backend.name, **found)


def draw_answer(answer: OfflineAnswer, observation: Observation, codebook: DepthCodebook | None, output: Path) -> None:
    """One PNG: the views, the trace on the first, the depth picture, and the action as bars.

    Raises:
        ConfigError: the file cannot be written.
    """
    figure = Figure(figsize=(4 * (len(observation.views) + 1), 7), layout="constrained")
    FigureCanvasAgg(figure)
    halves: Any = figure.subfigures(2, 1)
    _draw_views(halves[0], answer, observation, codebook)
    _draw_action(halves[1], answer)
    figure.suptitle(f"{observation.instruction}\n{answer.model}")
    try:
        figure.savefig(output, dpi=100)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot write {output}: {error}; name another file") from error


def _draw_views(figure: Any, answer: OfflineAnswer, observation: Observation, codebook: DepthCodebook | None) -> None:
    axes = figure.subplots(1, len(observation.views) + 1)
    for axis, (number, (name, image)) in zip(axes, enumerate(observation.views.items()), strict=False):
        axis.imshow(image if number else draw_for_display(image, list(answer.traces.values())))
        axis.set_title(name)
    if answer.depth and codebook is not None:
        axes[-1].imshow(codebook.picture(answer.depth), cmap="gray")
        axes[-1].set_title("depth")
    elif answer.depth:
        axes[-1].imshow(np.reshape(answer.depth, (10, 10)), cmap="tab20")
        axes[-1].set_title("depth codes (no codebook beside the checkpoint)")
    for axis in axes:
        axis.axis("off")


def _draw_action(figure: Any, answer: OfflineAnswer) -> None:
    if answer.deltas is None:
        # escaped: what a model writes instead of an answer is in no font
        figure.text(
            0.5, 0.5, f"refused: {answer.why_refused.encode('ascii', 'backslashreplace').decode()}", ha="center"
        )
        return
    steps = answer.deltas.reshape(len(answer.deltas), -1, len(_NUMBERS))
    for row, axes in enumerate(figure.subplots(steps.shape[1], len(_UNITS), squeeze=False)):
        for axis, (title, numbers) in zip(axes, _UNITS, strict=True):
            _bars(axis, steps[:, row, numbers], _NUMBERS[numbers])
            axis.set_title(title)
            axis.set_xlabel("step")


def _bars(axis: Any, values: NDArray[np.float64], names: Sequence[str]) -> None:
    width = 0.8 / len(names)
    for column, name in enumerate(names):
        axis.bar(np.arange(1, len(values) + 1) + column * width, values[:, column], width, label=name)
    axis.legend()


def _read(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    if image is None:
        raise ConfigError(f"cannot read {path} as an image; check the path")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
