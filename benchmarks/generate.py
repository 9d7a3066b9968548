"""Measures this project's decoding against transformers' own `generate`: same weights, same prompt, same tokens."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import torch
import typer
from rich.console import Console

from bench.command import JsonOption, run
from bench.decoders import Decoders
from bench.duel import Duel, duel_section, fight
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from molmoact.runtime.loading import Dtype, LoadedCheckpoint, load_checkpoint
from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint

LONGEST = 1024
"""Tokens after which an answer is broken off; the longest published form takes up to about 730."""


def main(
    *,
    checkpoint: Annotated[Path | None, typer.Option(help="folder (default: the small one with random weights)")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="where the model runs")] = "auto",
    dtype: Annotated[Dtype, typer.Option(help="of the weights (auto: bfloat16 on a GPU, float32 on a CPU)")] = "auto",
    runs: Annotated[int, typer.Option(min=1, help="measured turns of each decoder; p99 wants a hundred")] = 20,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of torch; 0: torch's own choice")] = 1,
    json: JsonOption = None,
) -> None:
    r"""Decode the same prompt by `molmoact.decoding.greedy` and by transformers' `generate`, in turns.

    \b
    Three pairs, each with the same tokens on both sides (else it ends with an error):
      first token   image and prompt, one pass
      constrained   a whole answer; the grammar says which tokens may come next
      free          as many tokens, whatever the model likes best
    The ratio says how many times as fast as generate greedy is, both measured in this run.

    \b
    Example: python benchmarks/generate.py --checkpoint ~/checkpoints/7b-d --device cuda --runs 100
    """
    console = Console()
    facts = describe_machine()
    if threads:
        torch.set_num_threads(threads)
    loaded = load_checkpoint(checkpoint or default_tiny_checkpoint(console), None, device, dtype)
    decoders = Decoders(loaded)
    facts |= describe(loaded, decoders) | {"command": " ".join(sys.argv)}
    print_header(facts, console)
    with console.status("decoding"):
        sections = [duel_section(duels(decoders, runs))]
    print_sections(sections, console)
    write_json(json, facts, sections)


def describe(loaded: LoadedCheckpoint, decoders: Decoders) -> dict[str, str]:
    """What was decoded, and on what."""
    model = loaded.model
    size = sum(parameter.numel() for parameter in model.parameters())
    where = torch.cuda.get_device_name(model.device) if model.device.type == "cuda" else "CPU"
    return {
        "checkpoint": f"{loaded.folder.name}, {size / 1e6:.1f} M parameters, {model.dtype}",
        "device": f"{where}, {torch.get_num_threads()} torch threads",
        "prompt": f"{decoders.prompt_tokens} tokens, {len(loaded.profile.views)} views",
    }


def duels(decoders: Decoders, runs: int) -> dict[str, Duel]:
    """Name -> duel.

    Raises:
        DisagreementError: the decoders gave different tokens.
    """

    def duel(limit: int, *, constrained: bool) -> Duel:
        ours, theirs = (partial(who, limit, constrained=constrained) for who in (decoders.ours, decoders.theirs))
        return fight(ours, theirs, runs)

    first = duel(1, constrained=False)
    answer = duel(LONGEST, constrained=True)
    return {"first token": first, "constrained": answer, "free": duel(len(answer.ours[0].tokens), constrained=False)}


if __name__ == "__main__":
    sys.exit(run(main))
