"""Depth tokens to a picture, where the checkpoint brings the network for it; in a thread, for it takes its time."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from molmoact_common.errors import UserError

if TYPE_CHECKING:
    from molmoact.depth.codebook import DepthCodebook

Grey = NDArray[np.uint8]


class DepthPainter:
    """Paints the newest codes; those that come while it paints wait, and only the newest of them is painted."""

    def __init__(self, checkpoint: str, show: Callable[[Grey], None], log: Callable[[str], None]) -> None:
        """`checkpoint`: folder; empty: nothing is ever painted. `show` is called in the painter's own thread."""
        self._folder = checkpoint
        self._show = show
        self._log = log
        self._news = threading.Condition()
        self._codes: tuple[int, ...] = ()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="depth", daemon=True)
        if checkpoint:
            self._thread.start()

    def paint(self, codes: tuple[int, ...]) -> None:
        """Paint these codes soon."""
        if not codes:
            return
        with self._news:
            self._codes = codes
            self._news.notify()

    def close(self) -> None:
        """End the thread once it is through with what it paints."""
        with self._news:
            self._closing = True
            self._news.notify()

    def _run(self) -> None:
        painted: tuple[int, ...] = ()
        codebook = None
        while (codes := self._next(painted)) is not None:
            if codebook is None:
                codebook = self._codebook()
            if codebook is None:
                return
            painted = codes
            self._show(codebook.picture(codes))

    def _next(self, painted: tuple[int, ...]) -> tuple[int, ...] | None:
        with self._news:
            self._news.wait_for(lambda: self._closing or self._codes not in ((), painted))
            return None if self._closing else self._codes

    def _codebook(self) -> "DepthCodebook | None":
        from molmoact.depth.codebook import DepthCodebook  # noqa: PLC0415  torch takes seconds and 200 MB

        try:
            return DepthCodebook.beside(Path(self._folder))
        except UserError as error:
            self._log(f"no depth pictures: {error}")
            return None
