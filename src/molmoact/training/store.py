"""Checkpoints of a run: sharded state that a run goes on from, written whole or not at all."""

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_state_dict,
    set_model_state_dict,
    set_state_dict,
)
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from molmoact.training.errors import TrainingError
from molmoact.training.lora import write_adapter
from molmoact.training.loss import AnswerLoss
from molmoact.training.parallel import Processes

PROGRESS_FILE, STATE, ADAPTER = "progress.json", "state", "adapter"
_PREFIX, _DRAFT = "step-", "draft-"
_OPTIONS = StateDictOptions(ignore_frozen_params=True)


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run changes.

    Attributes:
        module: model and loss; parameters that are frozen are not part of its state.
        optimiser: over its other parameters.
        adapter: peft's view, where an adapter is trained.
    """

    module: AnswerLoss
    optimiser: torch.optim.Optimizer
    adapter: Any = None


class Store:
    """The checkpoints of one run.

    Args:
        folder: of the run.
        keep: how many are kept; older ones are removed after a newer one is whole.
        processes: that write and read them together.
    """

    def __init__(self, folder: Path, keep: int, processes: Processes) -> None:
        self._folder = folder
        self._keep = keep
        self._processes = processes

    @property
    def last_good(self) -> str:
        """The newest checkpoint, for a message."""
        return str(newest(self._folder) or "none")

    def save(self, step: int, trained: Trained) -> Path:
        """Write the state after `step` steps.

        It is written beside its place and then renamed: a run that is killed meanwhile, or a full disk, leaves the
        earlier checkpoints as they are.

        Raises:
            TrainingError: it cannot be written; names the last good one.
        """
        draft, final = self._folder / f"{_DRAFT}{step:08d}", self._folder / f"{_PREFIX}{step:08d}"
        if self._processes.is_first:
            shutil.rmtree(draft, ignore_errors=True)
        self._processes.complaints("")  # until the first has removed what a killed run left
        complaint = ""
        try:
            self._write(draft, step, trained)
        except (OSError, CheckpointException, SafetensorError) as error:
            complaint = _reason(error)
        complaints = self._processes.complaints(complaint)
        if self._processes.is_first:
            if complaints:
                shutil.rmtree(draft, ignore_errors=True)
            else:
                draft.rename(final)
                self._remove_old()
        if complaints:
            raise TrainingError(
                f"cannot write checkpoint {step} ({complaints[0]}); last good checkpoint: {self.last_good}; "
                "make room and start the same command again"
            )
        self._processes.complaints("")  # until the first has renamed it
        return final

    def restore(self, trained: Trained) -> int:
        """Read the newest checkpoint into `trained`; the number of steps done, 0 where there is none.

        Raises:
            TrainingError: it cannot be read.
        """
        folder = newest(self._folder)
        if folder is None:
            return 0
        model, optimiser = get_state_dict(trained.module, trained.optimiser, options=_OPTIONS)
        try:
            with _of_one_process():
                load({"model": model, "optimiser": optimiser}, checkpoint_id=folder / STATE)
        except (OSError, CheckpointException, RuntimeError) as error:
            raise TrainingError(f"{folder} cannot be read ({_reason(error)}); remove it to go on earlier") from error
        set_state_dict(
            trained.module,
            trained.optimiser,
            model_state_dict=model,
            optim_state_dict=optimiser,
            options=StateDictOptions(ignore_frozen_params=True, strict=False),
        )
        return steps_of(folder)

    def _write(self, folder: Path, step: int, trained: Trained) -> None:
        model, optimiser = get_state_dict(trained.module, trained.optimiser, options=_OPTIONS)
        folder.mkdir(parents=True, exist_ok=True)
        with _of_one_process():
            save({"model": model, "optimiser": optimiser}, checkpoint_id=folder / STATE)
        if self._processes.is_first:
            if trained.adapter is not None:
                write_adapter(trained.adapter, folder / ADAPTER)
            (folder / PROGRESS_FILE).write_text(json.dumps({"steps": step}) + "\n", encoding="utf-8")

    def _remove_old(self) -> None:
        for folder in _whole(self._folder)[: -self._keep]:
            shutil.rmtree(folder)


def newest(run: Path) -> Path | None:
    """The last whole checkpoint of a run; None: there is none."""
    return next(reversed(_whole(run)), None)


def steps_of(folder: Path) -> int:
    """Steps that were done when a checkpoint was written."""
    return int(json.loads((folder / PROGRESS_FILE).read_text(encoding="utf-8"))["steps"])


def read_weights(folder: Path, module: AnswerLoss) -> None:
    """Read only the weights of a checkpoint, whatever number of processes wrote it, into an unsharded module."""
    model = get_model_state_dict(module)
    with _of_one_process():
        load({"model": model}, checkpoint_id=folder / STATE)
    set_model_state_dict(module, model)


@contextmanager
def _of_one_process() -> Iterator[None]:
    """Without the warning that there is only one process; that is as ordinary as several."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        yield


def _whole(run: Path) -> list[Path]:
    return sorted(path for path in run.glob(f"{_PREFIX}*") if (path / PROGRESS_FILE).is_file())


def _reason(error: BaseException) -> str:
    """The innermost cause in one line: what writes in parallel wraps the system's own words."""
    if isinstance(error, CheckpointException):
        error = next((failure[0] for failure in error.failures.values()), error)
    return " ".join(str(error).split())[:200] or type(error).__name__
