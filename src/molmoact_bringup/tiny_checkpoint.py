"""The small checkpoint with random weights that serves until there is a trained one: made once, then cached."""

import os
from pathlib import Path

from rich.console import Console

from molmoact.tiny import TINY_VERSION, make_tiny_checkpoint


def default_tiny_checkpoint(console: Console) -> Path:
    """Folder of the small checkpoint, made first where it is not there yet.

    It is written beside its place and then renamed, so that a broken-off attempt leaves nothing that looks whole.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "molmoact"
    folder = cache / f"tiny-{TINY_VERSION}"
    if not folder.is_dir():
        draft = cache / f"{folder.name}.{os.getpid()}"
        console.print(f"making a small checkpoint with random weights: {folder}", markup=False, soft_wrap=True)
        make_tiny_checkpoint(draft)
        draft.rename(folder)
    return folder
