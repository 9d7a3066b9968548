"""One process of several that train together (started by torchrun); prints its losses as JSON if it is the first."""

import json
import sys
from pathlib import Path

import torch

from molmoact.training.loop import Training
from molmoact.training.parallel import Processes
from molmoact.training.plan import make_plan
from molmoact.training.session import feed, make_share, prepare
from molmoact.training.store import Store
from support.training import Notes


def main(recipe: Path, data: Path, checkpoint: Path, run: Path) -> None:
    torch.set_num_threads(1)
    processes = Processes.join("cpu")
    plan = make_plan(recipe, data, checkpoint)
    trained, replicated = prepare(plan, processes)
    store, notes = Store(run, plan.recipe.keep, processes), Notes()
    done = store.restore(trained)
    batches = feed(plan, make_share(plan, processes), done)
    Training(trained, plan.recipe, processes, replicated).run(batches, done, store, notes)
    if processes.is_first:
        sys.stdout.write(json.dumps(notes.losses) + "\n")
    processes.leave()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
