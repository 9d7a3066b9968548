"""Long form of the decoding tests: chunk after chunk, fast against plain, and the memory that it takes."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import torch
import typer
from rich.console import Console
from torch import Tensor

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import Section
from molmoact.decoding.decoder import Decoder
from molmoact.decoding.passes import Passes
from molmoact.runtime.answering import WINDOW, Answering, DecodingOptions
from molmoact.runtime.inputs import input_arrays
from molmoact.runtime.loading import Dtype, LoadedCheckpoint, load_checkpoint
from molmoact.runtime.observation import Observation
from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint

Reference = Callable[[Mapping[str, Tensor]], list[int]]
"""Tokens of a prompt, decoded in the way that fast decoding is held against."""

INSTRUCTIONS = ("put the red block into the tray", "lift the green block", "")


def main(
    *,
    checkpoint: Annotated[Path | None, typer.Option(help="folder (default: the small one with random weights)")] = None,
    dtype: Annotated[Dtype, typer.Option(help="of the weights")] = "auto",
    chunks: Annotated[int, typer.Option(min=10, help="answers by fast decoding")] = 2000,
    compare: Annotated[int, typer.Option(min=1, help="every so manyth also by plain decoding")] = 4,
    exact: Annotated[bool, typer.Option(help="passes of one shape, compared with the same without guesses")] = False,
    json: JsonOption = None,
) -> None:
    r"""Decode pictures that change from chunk to chunk; report the answers that differ and how memory grew.

    \b
    Example: python benchmarks/soak_decoding.py --chunks 2000 --json runs/soak_decoding.json
    """
    console, facts = Console(), describe_machine() | {"command": " ".join(sys.argv)}
    torch.set_num_threads(1)
    loaded = load_checkpoint(checkpoint or default_tiny_checkpoint(console), None, "auto", dtype)
    fast = Answering(loaded, DecodingOptions(constrained=True, exact=exact))
    reference = without_guesses(loaded, fast) if exact else by_plain(loaded)
    print_header(facts, console)
    compared, same, memory = 0, 0, []
    for number, observation in enumerate(observations(loaded, chunks)):
        arrays = input_arrays(observation, loaded.profile, loaded.processor)
        inputs = {name: array.to(loaded.model.device) for name, array in arrays.items()}
        inputs["images"] = inputs["images"].to(loaded.model.dtype)
        tokens = [t for made in fast.passes(inputs, steered=False, command_step=8 * number) for t in made]
        if number % compare == 0:
            compared += 1
            same += tokens == reference(inputs)
        if number % max(1, chunks // 10) == 0 or number == chunks - 1:
            memory.append(psutil.Process().memory_info().rss / 2**20)
    rows = {f"after {tenth * 10} %": (figure,) for tenth, figure in enumerate(memory)}
    sections = [Section("resident memory (MiB)", ("resident",), rows)]
    print_sections(sections, console)
    figures = {
        "chunks": chunks,
        "compared": compared,
        "token_match": same / compared,
        "grown_mib": memory[-1] - memory[1],
    }
    for name, value in figures.items():
        console.print(f"{name:>24}  {value:.5g}", highlight=False)
    write_json(json, facts, sections, figures)


def by_plain(loaded: LoadedCheckpoint) -> Reference:
    """One token a pass."""
    answering = Answering(loaded, DecodingOptions(constrained=True, decoding="plain"))
    return lambda inputs: [t for made in answering.passes(inputs, steered=False, command_step=0) for t in made]


def without_guesses(loaded: LoadedCheckpoint, fast: Answering) -> Reference:
    """One token a pass of the same shape as the fast ones."""
    window = WINDOW[loaded.model.device.type]
    passes = Passes(loaded.model, loaded.model.config.llm.max_position_embeddings, width=window)
    decoder = Decoder(passes, fast.constraint(steered=False), [], window=window)
    end = fast.vocabulary.end_id
    return lambda inputs: [t for made in decoder.decode(inputs, end_id=end, limit=1024) for t in made.tokens]


def observations(loaded: LoadedCheckpoint, count: int) -> Iterator[Observation]:
    """Pictures of blurred noise that drift, and now and then jump."""
    noise = np.random.default_rng(0)
    scenes = {view: noise.integers(0, 256, (600, 600, 3), dtype=np.uint8) for view in loaded.profile.views}
    for number in range(count):
        left, top = (int(v) for v in noise.integers(0, 280, 2)) if number % 20 == 0 else (number % 280, number % 200)
        views = {
            view: np.ascontiguousarray(scene[top : top + 240, left : left + 320]) for view, scene in scenes.items()
        }
        yield Observation(number, number, views, INSTRUCTIONS[number // 20 % len(INSTRUCTIONS)])


if __name__ == "__main__":
    sys.exit(run(main))
