"""Measures this project's training against transformers' own Trainer: same weights, same rows, same losses."""

import sys
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
import typer
from rich.console import Console

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import Section
from bench.training_rivals import Turn, make_examples, ours, theirs
from molmoact.runtime.loading import LoadedCheckpoint, load_checkpoint
from molmoact.training.feed import Share
from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint
from molmoact_common.errors import UserError

COLUMNS = ("tokens/s", "tokens/s of CPU", "step (s)", "ratio", "ratio of CPU")
_ALIKE = 1e-3
"""Relative difference of first losses that order and kernels may make."""


class UnlikeError(UserError):
    """The two learn something else, so comparing their times means nothing."""

    exit_code = 1


def main(
    *,
    checkpoint: Annotated[Path | None, typer.Option(help="folder (default: the small one with random weights)")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="where the model is trained")] = "auto",
    batch: Annotated[int, typer.Option(min=1, help="rows of a step")] = 40,
    micro_batch: Annotated[int, typer.Option(min=1, help="rows of a pass")] = 8,
    steps: Annotated[int, typer.Option(min=1, help="of each turn")] = 3,
    turns: Annotated[int, typer.Option(min=1, help="of each trainer")] = 5,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of torch; 0: torch's own choice")] = 2,
    json: JsonOption = None,
) -> None:
    r"""Train on the same rows by `molmoact.training` and by transformers' Trainer, in turns.

    \b
    Rows are noise in the mixture of a small model's pre-training: long and short answers, one and two views. One step
    takes all rows, so that both learn the same; first losses must agree (else it ends with an error).
    Tokens are those of the rows, padding left out.

    \b
    Example: python benchmarks/training.py --json training.json
    """
    if batch % micro_batch:
        raise typer.BadParameter("batch must be a multiple of micro-batch")
    console = Console()
    facts = describe_machine()
    if threads:
        torch.set_num_threads(threads)
    loaded = load_checkpoint(checkpoint or default_tiny_checkpoint(console), None, device, "float32")
    facts |= {"command": " ".join(sys.argv), "checkpoint": loaded.folder.name}
    print_header(facts, console)
    with console.status("training"):
        sections = [measure(loaded, Share(batch, micro_batch), steps, turns)]
    print_sections(sections, console)
    write_json(json, facts, sections)


def measure(loaded: LoadedCheckpoint, share: Share, steps: int, turns: int) -> Section:
    """Let each have one turn unmeasured and then `turns`; who begins alternates.

    Raises:
        UnlikeError: their first losses differ.
    """
    examples = make_examples(loaded, share.batch)
    tokens = sum(len(example) for example in examples) * steps
    taken: dict[str, list[Turn]] = {"molmoact.training": [], "transformers' Trainer": []}
    trainers = dict(zip(taken, (ours, theirs), strict=True))
    for number in range(turns + 1):
        for name in list(taken)[:: 1 if number % 2 else -1]:
            taken[name].append(trainers[name](deepcopy(loaded.model), examples, share, steps))
    first, second = (made[0].losses[0] for made in taken.values())
    if abs(first - second) > _ALIKE * second:
        raise UnlikeError(f"first losses differ: {first:.5f} and {second:.5f}; look at the batches of both")
    measured = {name: made[1:] for name, made in taken.items()}
    walls = {name: np.array([turn.seconds for turn in made]) for name, made in measured.items()}
    cpus = {name: np.array([turn.cpu_seconds for turn in made]) for name, made in measured.items()}
    slow = "transformers' Trainer"
    rows = {
        name: (
            float(tokens / np.median(walls[name])),
            float(tokens / np.median(cpus[name])),
            float(np.median(walls[name]) / steps),
            float(np.median(walls[slow] / walls[name])),
            float(np.median(cpus[slow] / cpus[name])),
        )
        for name in measured
    }
    note = (
        f"{share.batch} rows and {tokens // steps} tokens a step, {share.micro_batch} rows a pass, {turns} turns of "
        f"{steps} steps. Medians. Ratio: so many times the Trainer's speed, the median over neighbouring turns. "
        f"First loss of both: {first:.4f}, {second:.4f}."
    )
    return Section("training", COLUMNS, rows, note)


if __name__ == "__main__":
    sys.exit(run(main))
