"""What killed processes leave in /dev/shm: the files of Fast DDS, found while their owners live, removed after."""

import re
from collections.abc import Iterable
from pathlib import Path

_FILE = re.compile(r"/(?:sem\.)?(fastrtps_(?:port\d+|[0-9a-f]+))(?:_el|_sl|_mutex)?$")


class DdsFiles:
    """Shared-memory files of Fast DDS that a set of processes has mapped."""

    def __init__(self, processes: Path = Path("/proc"), shared_memory: Path = Path("/dev/shm")) -> None:
        self._processes = processes
        self._shared_memory = shared_memory
        self._seen: set[str] = set()

    def note(self, pids: Iterable[int]) -> None:
        """Remember what these processes have mapped now; a killed one cannot be asked afterwards."""
        for pid in pids:
            self._seen |= self._mapped(self._processes / str(pid))

    def remove_unused(self) -> list[Path]:
        """Delete the remembered files that no process has mapped any more; the paths that are gone."""
        wanted = self._seen - self._in_use()
        removed = []
        for path in self._shared_memory.iterdir() if wanted else ():
            match = _FILE.search(f"/{path.name}")
            if match and match[1] in wanted:
                path.unlink(missing_ok=True)
                removed.append(path)
        return removed

    def _in_use(self) -> set[str]:
        used: set[str] = set()
        for folder in self._processes.iterdir():
            if folder.name.isdigit():
                used |= self._mapped(folder)
        return used

    @staticmethod
    def _mapped(folder: Path) -> set[str]:
        try:
            text = (folder / "maps").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            return set()
        return {match[1] for line in text.splitlines() if "fastrtps_" in line and (match := _FILE.search(line))}
