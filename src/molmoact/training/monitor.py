"""What a person sees of a run: a progress bar, TensorBoard, and Weights & Biases where asked for."""

from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter

from molmoact.training.errors import TrainingError
from molmoact.training.loop import StepReport

EVENTS = "tensorboard"


class Monitor:
    """Shows and records the steps of a run.

    Args:
        run: folder of the run; events go into one below it.
        name: of the run.
        steps: of the whole run.
        done: steps that are done; events behind them, of a run that was killed, are dropped.
        console: for the progress bar.
        wandb_project: of Weights & Biases; empty: not used.

    Raises:
        TrainingError: Weights & Biases is asked for and not installed.
    """

    def __init__(
        self, run: Path, *, name: str, steps: int, done: int, console: Console, wandb_project: str = ""
    ) -> None:
        self._wandb = _wandb_run(wandb_project, name, run) if wandb_project else None
        self._events = SummaryWriter(str(run / EVENTS), purge_step=done + 1)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=console,
        )
        self._bar = self._progress.add_task(name, total=steps, completed=done, figures="")

    def __enter__(self) -> "Monitor":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        self._events.close()
        if self._wandb is not None:
            self._wandb.finish()

    def step_done(self, report: StepReport) -> None:
        """Show and record a step."""
        for name, value in figures(report).items():
            self._events.add_scalar(name, value, report.step)
        if self._wandb is not None:
            self._wandb.log(figures(report), step=report.step)
        shown = f"loss {report.loss:.4f}  token accuracy {report.accuracy:.3f}"
        self._progress.update(self._bar, completed=report.step, figures=shown)

    def saved(self, step: int) -> None:
        """Make sure that the events up to a checkpoint are on disk, too."""
        del step
        self._events.flush()


class Silence:
    """Watches in the processes that show nothing, for one does."""

    def step_done(self, report: StepReport) -> None:
        """Nothing."""

    def saved(self, step: int) -> None:
        """Nothing."""


def figures(report: StepReport) -> dict[str, float]:
    """Name -> value of everything that is recorded of a step."""
    values = {"loss": report.loss, "z_loss": report.z_loss, "token_accuracy": report.accuracy, "tokens": report.tokens}
    norms = {f"gradient_norm/{group}": norm for group, norm in report.norms.items()}
    return {**values, **norms, **{f"learning_rate/{group}": rate for group, rate in report.rates.items()}}


def _wandb_run(project: str, name: str, run: Path) -> Any:
    try:
        wandb = import_module("wandb")
    except ImportError as error:
        raise TrainingError("wandb is not installed; pip install wandb, or leave --wandb out") from error
    # the same id lets a run that goes on write into the same curves
    return wandb.init(project=project, name=name, id=run.name, resume="allow", dir=str(run))
