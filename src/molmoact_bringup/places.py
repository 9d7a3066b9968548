"""Where things lie: the installed configuration, the folder of one run, and the cell's scratch folder."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that a graph names.

    Attributes:
        config: installed config/ (robots/, cameras/, policy/, ...).
        run: folder of this run: logs/, parameters/, bag/.
        cell: scratch folder of the simulated cell; memory-mapped files that live as long as the run.
    """

    config: Path
    run: Path
    cell: Path


def places_for(run: Path, config: Path, shared_memory: Path = SHARED_MEMORY) -> Places:
    """The places of the run `run`; the cell's scratch lies in memory where the machine has `shared_memory`."""
    base = shared_memory if shared_memory.is_dir() else Path(tempfile.gettempdir())
    run = run.absolute()
    return Places(config=config, run=run, cell=base / f"molmoact_cell_{_scratch_name(run)}")


def _scratch_name(run: Path) -> str:
    # The whole path takes part: two runs of one second in different folders must not share a cell.
    return str(run).strip("/").replace("/", "-")[-100:]


def new_run_folder(base: Path, started: datetime) -> Path:
    """A folder `base`/<time> that did not exist before; made here so that two runs can never share one."""
    stem = started.strftime("%Y%m%d-%H%M%S")
    for attempt in range(100):
        path = base / (stem if attempt == 0 else f"{stem}-{attempt}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"a hundred runs named {stem} in {base}")
