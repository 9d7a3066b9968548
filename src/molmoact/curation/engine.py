"""Who runs the episodes: this process, or a pool of processes on this machine."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

import torch

JobT = TypeVar("JobT")
Work = Callable[[Any, int], int]
"""(job, number) -> number; can be found by name in another process."""


class Engine(Protocol):
    """Runs `work(job, number)` for every number; gives the numbers back as they are done, in any order."""

    def __call__(self, work: Work, job: Any, numbers: Sequence[int]) -> Iterator[int]:
        """Run. What an episode raises is raised here; shards that were finished stay."""


def run_here(work: Work, job: Any, numbers: Sequence[int]) -> Iterator[int]:
    """One after the other, in this process."""
    for number in numbers:
        yield work(job, number)


class ProcessPool:
    """Several processes on this machine, each with one thread of torch."""

    def __init__(self, processes: int) -> None:
        self._processes = processes

    def __call__(self, work: Work, job: Any, numbers: Sequence[int]) -> Iterator[int]:
        """Run."""
        context = get_context("forkserver")  # a fork of this process would inherit torch's threads half-way
        context.set_forkserver_preload([work.__module__])  # torch is imported once, not by every process
        with ProcessPoolExecutor(self._processes, context, initializer=_one_thread) as pool:
            waiting = [pool.submit(work, job, number) for number in numbers]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            finally:
                pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    torch.set_num_threads(1)
