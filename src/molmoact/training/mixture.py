"""Which row comes next: a function of the seed and the number of the sample, so that a run can go on at any sample."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4096
"""Samples whose sets are drawn together."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One sample to come.

    Attributes:
        number: of the sample since the run's beginning; seeds what is random about it.
        source: index of the row set.
        row: index within it.
    """

    number: int
    source: int
    row: int


class Mixture:
    """Several row sets, drawn from at given rates; each is gone through in a new random order before any row repeats.

    Args:
        sizes: rows of each set.
        rates: how often each is drawn from; their sum need not be 1.
        seed: of all choices.
    """

    def __init__(self, sizes: Sequence[int], rates: Sequence[float], seed: int) -> None:
        self._sizes = tuple(sizes)
        self._shares = np.asarray(rates, dtype=np.float64) / np.sum(rates)
        self._seed = seed
        self._orders: dict[int, tuple[int, NDArray[np.int64]]] = {}

    def tickets(self, start: int = 0) -> Iterator[Ticket]:
        """Samples from number `start` on, without end."""
        taken = self._taken_before(start)
        block, offset = divmod(start, _BLOCK)
        while True:
            for place, source in enumerate(self._sources(block)[offset:].tolist(), start=offset):
                yield Ticket(block * _BLOCK + place, source, self._row(source, int(taken[source])))
                taken[source] += 1
            block, offset = block + 1, 0

    def _sources(self, block: int) -> NDArray[np.int64]:
        random = np.random.default_rng((self._seed, 0, block))
        return random.choice(len(self._sizes), size=_BLOCK, p=self._shares)

    def _taken_before(self, start: int) -> NDArray[np.int64]:
        taken = np.zeros(len(self._sizes), dtype=np.int64)
        block, offset = divmod(start, _BLOCK)
        for earlier in range(block):
            taken += np.bincount(self._sources(earlier), minlength=len(taken))
        return taken + np.bincount(self._sources(block)[:offset], minlength=len(taken))

    def _row(self, source: int, taken: int) -> int:
        epoch, place = divmod(taken, self._sizes[source])
        known = self._orders.get(source)
        if known is None or known[0] != epoch:
            random = np.random.default_rng((self._seed, 1, source, epoch))
            known = self._orders[source] = (epoch, random.permutation(self._sizes[source]))
        return int(known[1][place])
