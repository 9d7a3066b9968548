"""The small checkpoint with random weights that serves until there is a trained one: made once, then cached."""

import hashlib
import os
from importlib.resources import files
from pathlib import Path

from rich.console import Console

SEEDS = {1: 0, 2: 2}
"""Number of arms -> seed of random weights with which they stay well within their joints' range for a demo."""


def default_tiny_checkpoint(console: Console, arms: int = 1) -> Path:
    """Folder of the small checkpoint for so many arms in the user's cache, made first where it is not there yet.

    Its name holds a digest of the code that makes it, so that a newer version makes its own. It is written beside its
    place and then renamed, so that a broken-off attempt leaves nothing that looks whole.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "molmoact"
    folder = cache / f"tiny-{_digest_of_maker()}{'-two-arms' if arms == 2 else ''}"
    if not folder.is_dir():
        from molmoact.tiny import make_tiny_checkpoint  # noqa: PLC0415  torch takes seconds to load

        console.print(f"making a small checkpoint with random weights: {folder}", markup=False, soft_wrap=True)
        draft = cache / f"{folder.name}.{os.getpid()}"
        make_tiny_checkpoint(draft, seed=SEEDS[arms], arms=arms)
        draft.rename(folder)
    return folder


def _digest_of_maker() -> str:
    sources = sorted((file for file in files("molmoact.tiny").iterdir() if file.name.endswith(".py")), key=str)
    return hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()[:12]
