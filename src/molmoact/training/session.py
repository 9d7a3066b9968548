"""A whole run: from a checked plan to its last checkpoint, in one process or in one of several."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import torch
from rich.console import Console
from torch import nn

from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.processing.processor import MolmoActProcessor
from molmoact.training.batches import Batch
from molmoact.training.dropout import add_dropout
from molmoact.training.errors import TrainingError
from molmoact.training.feed import RowReader, Share, steps
from molmoact.training.loop import Training
from molmoact.training.lora import add_adapter
from molmoact.training.loss import AnswerLoss
from molmoact.training.mixture import Mixture
from molmoact.training.monitor import Monitor, Silence
from molmoact.training.optimiser import make_optimiser
from molmoact.training.parallel import Processes, recompute_blocks
from molmoact.training.plan import Plan, begin_or_go_on
from molmoact.training.store import Store, Trained, newest


def train(plan: Plan, run: Path, processes: Processes, console: Console, wandb_project: str = "") -> Path:
    """Train, or go on where a run in `run` was broken off.

    Args:
        plan: what to do.
        run: folder of the run.
        processes: that take part; this function is called in each of them.
        console: for the progress bar.
        wandb_project: of Weights & Biases; empty: not used.

    Returns:
        The last checkpoint.

    Raises:
        TrainingError: the folder holds another run, the loss is not finite, or a checkpoint cannot be written.
        RowsError: a row cannot be learnt from.
    """
    share = make_share(plan, processes)
    if processes.is_first:
        begin_or_go_on(run, plan)
    trained, replicated = prepare(plan, processes)
    store = Store(run, plan.recipe.keep, processes)
    done = store.restore(trained)
    batches = feed(plan, share, done)
    watcher: Monitor | Silence = Silence()
    if processes.is_first:
        watcher = Monitor(
            run, name=plan.name, steps=plan.recipe.steps, done=done, console=console, wandb_project=wandb_project
        )
    with watcher if isinstance(watcher, Monitor) else nullcontext():
        Training(trained, plan.recipe, processes, replicated).run(batches, done, store, watcher)
    last = newest(run)
    if last is None:
        raise TrainingError(f"{run} has no checkpoint although {done} steps are done; it was removed meanwhile")
    return last


def make_share(plan: Plan, processes: Processes) -> Share:
    """What this process does of each step.

    Raises:
        TrainingError: the batch cannot be shared evenly.
    """
    recipe = plan.recipe
    if recipe.batch % (recipe.micro_batch * processes.world):
        raise TrainingError(
            f"batch {recipe.batch} is no multiple of micro_batch {recipe.micro_batch} times {processes.world} "
            "processes; change one of them"
        )
    return Share(recipe.batch, recipe.micro_batch, processes.rank, processes.world)


def prepare(plan: Plan, processes: Processes) -> tuple[Trained, list[nn.Parameter]]:
    """Load the base, put in what is trained, and spread it over the processes; also the replicated parameters."""
    recipe = plan.recipe
    model = MolmoActForActionReasoning.from_pretrained(plan.base, dtype=torch.float32)
    adapter = add_adapter(model, recipe.adapter, recipe.seed) if recipe.adapter is not None else None
    add_dropout(model, recipe.dropout)
    if recipe.recompute:
        recompute_blocks(model)
    module = AnswerLoss(model)
    replicated = [parameter for parameter in model.parameters() if parameter.requires_grad] if adapter else []
    processes.shard(module, replicated)
    optimiser = make_optimiser(module.named_parameters(), recipe.optimisation)
    return Trained(module, optimiser, adapter), replicated


def feed(plan: Plan, share: Share, done: int) -> Iterator[list[Batch]]:
    """Batches of this process from the step behind `done` on."""
    recipe = plan.recipe
    reader = RowReader(
        sets=plan.sets,
        weights=[source.weight for source in recipe.mixture],
        processor=MolmoActProcessor.from_pretrained(plan.base),
        resize=plan.profile.resize,
        augment=recipe.augment,
        longest=recipe.max_tokens,
        seed=recipe.data_seed,
    )
    mixture = Mixture([len(rows) for rows in plan.sets], [source.rate for source in recipe.mixture], recipe.data_seed)
    return steps(reader, mixture, share, done, recipe.workers)
