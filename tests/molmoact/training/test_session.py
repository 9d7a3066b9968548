import resource

import pytest
import torch
from rich.console import Console

from molmoact.tiny import make_tiny_checkpoint
from molmoact.training.errors import TrainingError
from molmoact.training.loop import Training
from molmoact.training.parallel import Processes
from molmoact.training.plan import make_plan
from molmoact.training.session import feed, make_share, prepare, train
from molmoact.training.store import Store, newest, steps_of
from support.training import ALONE, Notes, write_recipe

ADAPTER = {"rank": 4, "alpha": 4}


@pytest.fixture
def plan(tmp_path, rows_folder, small_folder):
    return lambda **changes: make_plan(
        write_recipe(tmp_path / "nano.yaml", **changes), rows_folder.parent, small_folder
    )


class KilledError(Exception):
    """Stands for a signal that ends the process at once."""


class KilledAfter(Notes):
    def __init__(self, step):
        super().__init__()
        self._last = step

    def step_done(self, report):
        super().step_done(report)
        if report.step == self._last:
            raise KilledError


def run_in(folder, plan, notes):
    """Train in `folder` from its newest checkpoint on; the watcher's notes."""
    trained, replicated = prepare(plan, ALONE)
    store = Store(folder, plan.recipe.keep, ALONE)
    done = store.restore(trained)
    batches = feed(plan, make_share(plan, ALONE), done)
    Training(trained, plan.recipe, ALONE, replicated).run(batches, done, store, notes)
    return notes


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_eight_rows_are_learnt_by_heart(tmp_path, rows_folder):
    make_tiny_checkpoint(tmp_path / "base", layers=2)
    rates = {"llm": 4e-3, "connector": 4e-3, "vision": 4e-3}
    optimisation = {"rates": rates, "warm_up": 2}
    path = write_recipe(
        tmp_path / "nano.yaml", steps=60, batch=8, micro_batch=8, dropout=0.0, optimisation=optimisation
    )
    plan = make_plan(path, rows_folder.parent, tmp_path / "base")
    trained, _ = prepare(plan, ALONE)
    training, batches = Training(trained, plan.recipe, ALONE), feed(plan, make_share(plan, ALONE), 0)
    assert any(training.step(step, next(batches)).accuracy == 1.0 for step in range(1, 61))


@pytest.mark.parametrize("adapter", [None, ADAPTER], ids=["whole", "adapter"])
def test_a_run_that_is_killed_again_and_again_has_the_losses_of_an_unbroken_one(plan, tmp_path, adapter):
    recipe, broken = plan(adapter=adapter), tmp_path / "broken"
    unbroken = run_in(tmp_path / "unbroken", recipe, Notes())
    for last in (1, 3):  # before the first checkpoint, and between two
        with pytest.raises(KilledError):
            run_in(broken, recipe, KilledAfter(last))
    (broken / "draft-00000004").mkdir()  # as a kill while writing leaves it
    resumed = run_in(broken, recipe, Notes())
    assert [report.step for report in resumed.reports] == [3, 4]
    assert resumed.reports == unbroken.reports[2:]
    assert sorted(path.name for path in broken.iterdir()) == ["step-00000002", "step-00000004"]


def test_passes_of_any_size_and_sorted_rows_give_the_same_step(plan, tmp_path):
    losses = [
        run_in(tmp_path / str(size), plan(micro_batch=size, dropout=0.0, steps=2), Notes()).losses for size in (1, 2)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_recomputing_changes_nothing_but_memory(plan, tmp_path):
    kept, recomputed = (
        run_in(tmp_path / str(recompute), plan(recompute=recompute, steps=2), Notes()) for recompute in (False, True)
    )
    assert recomputed.losses == kept.losses


def test_bfloat16_passes_stay_near_float32(plan, tmp_path):
    wide, narrow = (
        run_in(tmp_path / precision, plan(precision=precision, dropout=0.0, steps=2), Notes()).losses
        for precision in ("float32", "bfloat16")
    )
    assert narrow == pytest.approx(wide, rel=2e-2)
    assert narrow != wide


def test_a_loss_that_is_no_number_ends_the_run_at_the_last_good_checkpoint(plan, tmp_path):
    class Poisoned(Notes):
        def saved(self, step):
            with torch.no_grad():
                trained.module.model.lm_head.weight[0, 0] = torch.nan

    poisoned = plan(steps=4)
    trained, replicated = prepare(poisoned, ALONE)
    batches = feed(poisoned, make_share(poisoned, ALONE), 0)
    store = Store(tmp_path / "run", 3, ALONE)
    with pytest.raises(TrainingError, match=r"loss is nan at step 3; last good checkpoint: .*step-00000002"):
        Training(trained, poisoned.recipe, ALONE, replicated).run(batches, 0, store, Poisoned())
    assert steps_of(newest(tmp_path / "run")) == 2


def test_a_full_disk_leaves_the_last_good_checkpoint(plan, tmp_path):
    recipe = plan(steps=2)
    trained, _ = prepare(recipe, ALONE)
    store = Store(tmp_path, 3, ALONE)
    store.save(1, trained)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # no file may grow beyond
    try:
        with pytest.raises(TrainingError, match=r"cannot write checkpoint 2 .*last good checkpoint: .*step-00000001"):
            store.save(2, trained)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.glob("*step-*")] == ["step-00000001"]
    assert not list(tmp_path.glob("draft-*"))
    assert Store(tmp_path, 3, ALONE).restore(prepare(recipe, ALONE)[0]) == 1


def test_only_the_newest_checkpoints_are_kept(plan, tmp_path):
    trained, _ = prepare(plan(), ALONE)
    store = Store(tmp_path, 2, ALONE)
    for step in (1, 2, 3):
        store.save(step, trained)
    assert [path.name for path in sorted(tmp_path.glob("*-0*"))] == ["step-00000002", "step-00000003"]


def test_a_whole_run_leaves_curves_and_says_what_it_was(plan, tmp_path):
    recipe, run = plan(steps=2), tmp_path / "run"
    last = train(recipe, run, ALONE, Console(quiet=True))
    assert last == run / "step-00000002"
    assert list((run / "tensorboard").iterdir())
    assert train(recipe, run, ALONE, Console(quiet=True)) == last  # nothing is left to do
    with pytest.raises(TrainingError, match="holds a run with another recipe; name another folder"):
        train(plan(steps=3), run, ALONE, Console(quiet=True))


def test_a_batch_that_cannot_be_shared_is_refused(plan):
    with pytest.raises(TrainingError, match="batch 2 is no multiple of micro_batch 1 times 4 processes"):
        make_share(plan(), Processes(rank=0, world=4, device=torch.device("cpu")))
