"""Episodes on Ray Data: the machines of a cluster, or a small Ray of its own on this machine."""

import logging
import os
import pickle
import socket
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch

from molmoact.curation.engine import Work
from molmoact_common.errors import ConfigError, UnreachableError, UserError

OBJECT_STORE_BYTES = 100 * 2**20
"""Of a Ray of its own: pictures go through files, only episode numbers through Ray."""

ADDRESS = "RAY_ADDRESS"
"""Variable that names a cluster, as Ray has it; without it a Ray of its own is started, and ended."""

RETRIES = 2
"""Of an episode whose worker was lost with its machine; Ray's own choice is to try for ever."""


class RayEngine:
    """Runs episodes on Ray Data, one a task of one core.

    Every machine must see dataset, output and what the settings name under the paths that they have here, and have
    this package installed.
    """

    def __init__(self, processes: int) -> None:
        """`processes`: at a time, and the cores of a Ray of its own.

        Raises:
            ConfigError: Ray is not installed.
        """
        try:
            import ray.data  # noqa: F401, PLC0415  optional, and takes seconds
        except ImportError as error:
            raise ConfigError(f"--engine ray: {error}; run pip install 'molmoact-ros[ray]'") from error
        self._processes = processes

    def __call__(self, work: Work, job: Any, numbers: Sequence[int]) -> Iterator[int]:
        """Run.

        Raises:
            UserError: what an episode raised; UnreachableError: no cluster at the address, or it lost its workers.
        """
        import ray  # noqa: PLC0415

        if not numbers:  # Ray Data has no type for nothing
            return
        _enter(self._processes)
        try:
            yield from _streamed(Task(work, job, Path.cwd()), numbers, self._processes)
        except ray.exceptions.RayTaskError:
            raise
        except ray.exceptions.RayError as error:
            line = " ".join(str(error).split())[:300]
            raise UnreachableError(f"Ray lost its workers: {line}; the same command goes on where it was") from error
        finally:
            ray.shutdown()


def _enter(processes: int) -> None:
    """Join the cluster, or start a Ray."""
    import ray  # noqa: PLC0415

    address = os.environ.get(ADDRESS, "")
    how: dict[str, Any] = {"address": address}
    if address:
        _knock(address)
    else:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would tell its makers about every start
        how = {"address": "local", "num_cpus": processes, "object_store_memory": OBJECT_STORE_BYTES}
    try:
        ray.init(**how, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        line = f"cannot use Ray at {how['address']}: {' '.join(str(error).split())[:300]}"
        raise UnreachableError(f"{line}; check {ADDRESS} and RAY_AUTH_MODE") from error


def _knock(address: str) -> None:
    """See that something listens at host:port; Ray itself tries for minutes."""
    place = urlsplit(address if "://" in address else f"//{address}")
    if place.hostname and place.port:
        try:
            socket.create_connection((place.hostname, place.port), timeout=5).close()
        except OSError as error:
            raise UnreachableError(f"no Ray listens at {address}: {error}; start it, or correct {ADDRESS}") from error


class Task:
    """What a worker does with a number."""

    def __init__(self, work: Work, job: Any, folder: Path) -> None:
        self._work, self._job, self._folder = work, job, folder

    def __call__(self, row: dict[str, int]) -> dict[str, Any]:
        """The number again, and what a person must be told, as bytes; none where it was done."""
        torch.set_num_threads(1)
        os.chdir(self._folder)  # a worker starts elsewhere, and paths of the job may be relative
        try:
            return {"number": self._work(self._job, row["number"]), "refused": b""}
        except UserError as error:  # of an error of its own Ray would pass on the text alone
            return {"number": row["number"], "refused": pickle.dumps(error)}


def _streamed(task: Task, numbers: Sequence[int], processes: int) -> Iterator[int]:
    from ray.data import DataContext, TaskPoolStrategy, from_items  # noqa: PLC0415

    DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    items = from_items([{"number": number} for number in numbers], override_num_blocks=len(numbers))
    with warnings.catch_warnings():  # this way to say it will go, and 2.60 has no other
        warnings.simplefilter("ignore", DeprecationWarning)
        done = items.map(task, num_cpus=1, compute=TaskPoolStrategy(size=processes), max_retries=RETRIES)
    for row in done.iter_rows():
        yield finished(row)


def finished(row: dict[str, Any]) -> int:
    """The number that a task was done with; raises what the task could not do."""
    if row["refused"]:
        raise pickle.loads(row["refused"])
    return int(row["number"])
