from pathlib import Path

import pytest

from support.synthetic_run import write_synthetic_run
from trial_runner.trials.folder import ExperimentFolder, begin
from trial_runner.trials.rows import Row

TEXT = "title: t\npolicies:\n  ours: {policy: tiny}\n  theirs: {policy: expert}\ntasks: [wipe_table]\ntrials: 3\n"


@pytest.fixture(scope="session")
def bag(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("arena") / "bag"
    write_synthetic_run(path, chunks=2)
    return path


@pytest.fixture
def experiment(tmp_path, bag) -> ExperimentFolder:
    """Three starts that both policies have met, each trial with the same invented recording."""
    (tmp_path / "e.yaml").write_text(TEXT)
    folder = begin(tmp_path / "e.yaml", tmp_path / "experiment")
    for trial in folder.left:
        won = trial.policy == "ours"
        folder.rows.add(
            Row(trial.number, trial.policy, trial.task, trial.condition, trial.start, won, won, 9.0, bag=str(bag))
        )
    return folder
