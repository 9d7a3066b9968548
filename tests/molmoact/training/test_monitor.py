from importlib.util import find_spec

import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from molmoact.training.errors import TrainingError
from molmoact.training.loop import StepReport
from molmoact.training.monitor import Monitor, figures


def report(step, loss):
    return StepReport(step, loss, 0.01, 0.5, {"llm": 2.0}, {"llm": 1e-4}, 100)


def watch(run, done, losses, **options):
    with Monitor(run, name="r", steps=9, done=done, console=Console(quiet=True), **options) as monitor:
        for step, loss in enumerate(losses, start=done + 1):
            monitor.step_done(report(step, loss))


def test_curves_of_a_run_that_goes_on_replace_those_of_the_steps_that_were_lost(tmp_path):
    watch(tmp_path, 0, [5.0, 4.0, 3.0])
    watch(tmp_path, 2, [2.5, 2.0])
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 5.0), (2, 4.0), (3, 2.5), (4, 2.0)]
    assert set(events.Tags()["scalars"]) == set(figures(report(1, 1.0)))


@pytest.mark.skipif(find_spec("wandb") is not None, reason="wandb is installed here")
def test_weights_and_biases_that_is_not_installed_is_named(tmp_path):
    with pytest.raises(TrainingError, match="wandb is not installed; pip install wandb"):
        watch(tmp_path, 0, [], wandb_project="p")
