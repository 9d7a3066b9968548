"""Counts and times fast decoding: passes an answer, by part and by technique, against plain decoding and `generate`."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
import typer
from rich.console import Console

from bench.command import JsonOption, run
from bench.decoding_rivals import rivals_section, speedup
from bench.decoding_runs import (
    Bench,
    Counted,
    cache_bytes,
    dictated_cold,
    dictated_series,
    matching,
    own_series,
    passes_section,
    times_section,
)
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import Section
from bench.scripted_answers import ScriptedAnswer, scripted_answers
from bench.shapes import SHAPES, shaped
from molmoact.decoding.sources import Above, Habit, Jacobi, Previous
from molmoact.runtime.answering import WINDOW, WORTH, Answering, DecodingOptions
from molmoact.runtime.loading import Dtype, load_checkpoint
from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint

NOTE = (
    "Dictated: the choices of real passes are those of the expert's answers. Behind a wrong guess a dictated model "
    "says what its weights say (lost), or still the right word of each place (blind): a trained one lies between."
)


def main(
    bag: Annotated[Path, typer.Argument(help="bag of a run of the expert: molmoact demo --policy expert")],
    *,
    checkpoint: Annotated[Path | None, typer.Option(help="folder (default: the small one with random weights)")] = None,
    shape: Annotated[Literal["own", "half_billion", "7b_d"], typer.Option(help="of the language model")] = "own",
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="where the model runs")] = "auto",
    dtype: Annotated[Dtype, typer.Option(help="of the weights (auto: bfloat16 on a GPU, float32 on a CPU)")] = "auto",
    answers: Annotated[int, typer.Option(min=8, help="of the run, from its beginning")] = 40,
    window: Annotated[int, typer.Option(min=0, help="positions of a pass; 0: the device's default")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of torch; 0: torch's own choice")] = 1,
    json: JsonOption = None,
) -> None:
    r"""Decode the observations of a recorded run in order, as its policy would have.

    \b
    Example: python benchmarks/decoding.py runs/20261120-160911/bag --answers 40
    """
    console, facts = Console(), describe_machine()
    if threads:
        torch.set_num_threads(threads)
    loaded = load_checkpoint(checkpoint or default_tiny_checkpoint(console), None, device, dtype)
    script = scripted_answers(bag, loaded, answers)
    if shape in SHAPES:
        loaded = shaped(loaded, shape)
    answering = Answering(loaded, DecodingOptions(constrained=True))
    where = loaded.model.device.type
    bench = Bench(
        loaded=loaded,
        constraint=answering.constraint(steered=False),
        end_id=answering.vocabulary.end_id,
        window=window or WINDOW[where],
        worth=WORTH[where],
        lessons=list(answering.lessons(steered=False)),
        capacity=min(2048, loaded.model.config.llm.max_position_embeddings),
    )
    size = sum(parameter.numel() for parameter in loaded.model.parameters())
    facts |= {
        "model": f"{loaded.folder.name}, shape {shape}, {size / 1e6:.1f} M parameters, {loaded.model.dtype}, {where}",
        "answers": f"{len(script)} of {bag}, window {bench.window}, {torch.get_num_threads()} threads",
        "command": " ".join(sys.argv),
    }
    print_header(facts, console)
    with console.status("decoding"):
        sections, figures = measure(bench, script)
    print_sections(sections, console)
    for name, value in figures.items():
        console.print(f"{name:>24}  {value:.4g}", highlight=False)
    write_json(json, facts, sections, figures)


def measure(bench: Bench, script: Sequence[ScriptedAnswer]) -> tuple[list[Section], Mapping[str, float]]:
    """All tables, and the figures that are compared from run to run."""
    lost, blind = (dictated_series(bench, script, behind)[1:] for behind in ("lost", "blind"))
    cold = {behind: dictated_cold(bench, script, behind) for behind in ("lost", "blind")}
    own = own_series(bench, script)
    without = {
        f"steady, lost, without {source.__name__}": dictated_series(bench, script, "lost", source)[1:]
        for source in (Previous, Above, Jacobi, Habit)
    }
    blind_alone = {"steady, blind, without Jacobi": dictated_series(bench, script, "blind", Jacobi)[1:]}
    rows = {"steady, lost": lost, "steady, blind": blind, "cold, lost": cold["lost"], "cold, blind": cold["blind"]}
    rivals = rivals_section(bench, script)
    sections = [
        passes_section("passes an answer, dictated", rows | without | blind_alone, NOTE),
        passes_section("passes an answer, of the weights themselves", {"own": own}, ""),
        times_section({"steady, lost": lost, "steady, blind": blind, "own": own}),
        rivals,
    ]
    figures = {
        "passes_steady": mean_passes(lost),
        "passes_cold": mean_passes(cold["lost"]),
        "passes_steady_blind": mean_passes(blind),
        "passes_cold_blind": mean_passes(cold["blind"]),
        "passes_own": mean_passes(own),
        "token_match": matching(bench, script, own),
        "speedup_vs_hf": speedup(rivals, "dictated, lost"),
        "speedup_vs_hf_own": speedup(rivals, "own"),
        "cache_bytes": float(cache_bytes(bench)),
    }
    return sections, figures


def mean_passes(counted: Sequence[Counted]) -> float:
    """Of an answer."""
    return float(np.mean([each.passes for each in counted]))


if __name__ == "__main__":
    sys.exit(run(main))
