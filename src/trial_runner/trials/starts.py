"""Pictures of starts, so that every policy meets the same one: kept of the first trial, laid over the view of the next.

Where a start was not met yet, the picture that its task names serves, if it names one.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from molmoact_common.errors import ConfigError
from trial_runner.trials.plan import Trial
from trial_runner.trials.task import TrialTask

Picture = NDArray[np.uint8]
"""RGB, shape (height, width, 3)."""

OVERLAY = "start_overlay.png"
STARTS = "starts"


def blended(live: Picture, reference: Picture) -> Picture:
    """Half of each, at the size of the live one: what lies where it should is drawn once, anything else twice."""
    height, width = live.shape[:2]
    fitting = cv2.resize(reference, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.addWeighted(live, 0.5, fitting, 0.5, 0.0), dtype=np.uint8)


class StartPictures:
    """The pictures of one experiment's starts."""

    def __init__(self, experiment: Path, tasks: Path) -> None:
        """`experiment` is its folder, `tasks` that of the tasks' YAML files."""
        self._experiment = experiment
        self._tasks = tasks

    def reference(self, trial: Trial, task: TrialTask) -> Picture | None:
        """What the start of `trial` should look like; None where nobody has said so yet.

        Raises:
            ConfigError: the task names a picture that is none.
        """
        kept = self._kept(trial)
        if kept.is_file():
            return read_picture(kept)
        return read_picture(self._tasks / task.overlay) if task.overlay else None

    def show(self, trial: Trial, task: TrialTask, live: Picture) -> Path:
        """Write what the operator looks at while setting up, the same file each time; viewers show it anew."""
        reference = self.reference(trial, task)
        target = self._experiment / OVERLAY
        write_picture(target, live if reference is None else blended(live, reference))
        return target

    def keep(self, trial: Trial, live: Picture) -> None:
        """This is how the start of `trial` looks; the first one that is kept stays."""
        kept = self._kept(trial)
        if not kept.is_file():
            kept.parent.mkdir(exist_ok=True)
            write_picture(kept, live)

    def _kept(self, trial: Trial) -> Path:
        return self._experiment / STARTS / f"{trial.task}-{trial.condition}-{trial.start}.png"


def read_picture(path: Path) -> Picture:
    """A picture file as RGB.

    Raises:
        ConfigError: there is none, or it is no picture.
    """
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ConfigError(f"{path} is no picture; name a PNG or JPEG file")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def write_picture(path: Path, picture: Picture) -> None:
    """Write RGB as PNG, at once: whoever looks meanwhile sees the old one or the new one.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    draft = path.with_name(f".{path.name}.new.png")
    if not cv2.imwrite(str(draft), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise ConfigError(f"cannot write {path}; is its folder there, and may you write to it?")
    draft.replace(path)
