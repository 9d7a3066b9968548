"""What a person may choose about the demo: the cell's own options, and which episodes are run in it."""

import re

from pydantic import Field

from molmoact_bringup.options import CellOptions
from molmoact_common.errors import ConfigError

UNTRAINED_CHUNKS = 24
"""Chunks after which an episode of a policy with random weights ends; it has nothing to succeed at."""


class DemoOptions(CellOptions):
    """Episodes in the simulated cell, one after another, recorded and reported."""

    policy: str = Field("tiny", description="policy: a name in config/policy, or a YAML file")
    seeds: str = Field("0", description="placements of the objects: one (3), several (1,4,7) or a range (0:10)")
    chunks: int = Field(
        0,
        ge=0,
        description=f"chunks after which an episode ends (0: {UNTRAINED_CHUNKS} for policy tiny, no limit for others)",
    )
    time_limit: float = Field(60.0, gt=0, description="seconds of world time for an episode")


def parse_seeds(text: str) -> list[int]:
    """The seeds that `text` means.

    Raises:
        ConfigError: neither a number, nor numbers with commas, nor a rising range.
    """
    if match := re.fullmatch(r"(\d+):(\d+)", text.strip()):
        seeds = list(range(int(match[1]), int(match[2])))
    elif re.fullmatch(r"\d+(\s*,\s*\d+)*", text.strip()):
        seeds = [int(part) for part in text.split(",")]
    else:
        seeds = []
    if not seeds:
        raise ConfigError(f"seeds {text!r}: write one seed (3), several (1,4,7) or a rising range (0:10)")
    return seeds


def chunk_limit(options: DemoOptions) -> int:
    """Chunks after which an episode ends; 0: only success or time end it."""
    if options.chunks:
        return options.chunks
    return UNTRAINED_CHUNKS if options.policy == "tiny" else 0
