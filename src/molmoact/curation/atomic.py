"""Files that are there whole or not at all, however a run ends."""

import os
from collections.abc import Callable
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a draft, and put it in the place of `path` once it is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    write(draft)
    draft.replace(path)


def write_text(path: Path, text: str) -> None:
    """The same for text."""
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))
