"""The folder of an experiment: the experiment as it was when it began, and the rows so far; resumes where it ended."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from molmoact_common.errors import UserError
from molmoact_common.yaml_config import load_settings
from trial_runner.trials.experiment import Experiment
from trial_runner.trials.plan import Trial, plan
from trial_runner.trials.rows import Rows

EXPERIMENT = "experiment.yaml"
ROWS = "trials.jsonl"
CLAIM = ".claim"


class ExperimentFolder:
    """One experiment on the disk."""

    def __init__(self, path: Path) -> None:
        """Open what `begin` has made.

        Raises:
            UserError: no experiment there, or its rows cannot be read.
        """
        self.path = path
        self.experiment = load_settings(path / EXPERIMENT, Experiment)
        self.trials = plan(self.experiment)
        self.rows = Rows(path / ROWS)

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Within it this process alone runs or scores the experiment; the claim ends with the process, however it ends.

        Raises:
            UserError: another process does.
        """
        with (self.path / CLAIM).open("w") as claim:
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(f"{self.path} is being run or scored by another process; end that one first") from error
            self.rows = Rows(self.path / ROWS)  # the other one may have added some just before it ended
            yield

    @property
    def left(self) -> list[Trial]:
        """Trials without a row, in the order of the plan."""
        return [trial for trial in self.trials if trial.number not in self.rows]


def begin(file: Path, folder: Path) -> ExperimentFolder:
    """The experiment of `file` in `folder`, new or gone on with.

    What was decided before the first trial stays: the file is copied, and another one is refused.

    Raises:
        UserError: the file is no experiment, or the folder holds another one.
    """
    wanted = load_settings(file, Experiment)
    kept = folder / EXPERIMENT
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, kept)
    elif load_settings(kept, Experiment) != wanted:
        raise UserError(
            f"{folder} holds another experiment than {file}: it may not change once begun; choose another folder"
        )
    return ExperimentFolder(folder)
