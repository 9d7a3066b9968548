import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from molmoact.training.loop import Training
from molmoact.training.plan import make_plan
from molmoact.training.session import feed, make_share, prepare
from molmoact.training.store import Store
from support.training import ALONE, Notes, write_recipe

TESTS = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("adapter", [None, {"rank": 4, "alpha": 4}], ids=["whole", "adapter"])
def test_two_processes_have_the_losses_of_one_which_can_go_on_from_their_checkpoint(
    tmp_path, rows_folder, small_folder, adapter
):
    places = write_recipe(tmp_path / "r.yaml", adapter=adapter, steps=3), rows_folder.parent, small_folder
    plan = make_plan(*places)
    alone = run_alone(plan, tmp_path / "one")
    assert train_in_two(*places, tmp_path / "two") == pytest.approx(alone, rel=1e-4)
    shutil.rmtree(tmp_path / "two" / "step-00000003")
    assert run_alone(plan, tmp_path / "two") == pytest.approx(alone[2:], rel=1e-4)


def run_alone(plan, folder: Path) -> list[float]:
    """Losses of a run in this process, from the newest checkpoint on."""
    trained, replicated = prepare(plan, ALONE)
    store, notes = Store(folder, plan.recipe.keep, ALONE), Notes()
    done = store.restore(trained)
    Training(trained, plan.recipe, ALONE, replicated).run(feed(plan, make_share(plan, ALONE), done), done, store, notes)
    return notes.losses


def train_in_two(*places: Path) -> list[float]:
    """Losses of a run in two processes of one thread each."""
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "support.train_process", *map(str, places)),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    losses: list[float] = json.loads(result.stdout.splitlines()[-1])
    return losses
