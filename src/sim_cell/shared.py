"""What the processes of the cell share: a control block and a ring of world snapshots, as plain mapped files."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molmoact_common.errors import UnreachableError

CONTROL_FILE = "control.bin"
SNAPSHOT_FILE = "snapshots.bin"
NO_LIMIT = 2**62
"""Value of a tick limit that limits nothing."""

_CONTROL = np.dtype(
    [
        # Written by the world.
        ("tick", "i8"),
        ("reset_done", "i8"),
        ("seed", "i8"),
        ("task", "S64"),
        # Written by the cell's node.
        ("hold_tick", "i8"),
        ("reset_request", "i8"),
        ("request_seed", "i8"),
        ("request_task", "S64"),
        # Written by the renderer: newest tick whose pictures are out; -1 without a renderer.
        ("rendered_tick", "i8"),
        # Written by the world as its last word, or by whoever wants it to end.
        ("stop", "i8"),
    ]
)
_HEADER = np.dtype([("arms", "i8"), ("joints", "i8"), ("objects", "i8"), ("slots", "i8"), ("written", "i8")])


class Control:
    """The control block. Every field has one writer and is 8 bytes wide (or is guarded by a counter written last)."""

    def __init__(self, path: Path) -> None:
        self._map: Any = np.memmap(path, dtype=_CONTROL, mode="r+", shape=(1,))

    @classmethod
    def create(cls, cell_dir: Path) -> "Control":
        """A fresh block in place of any old one; its presence says that the cell can be attached to."""
        first = np.zeros(1, _CONTROL)
        first["hold_tick"] = NO_LIMIT
        first["rendered_tick"] = -1
        _replace(cell_dir / CONTROL_FILE, first.tobytes())
        return cls(cell_dir / CONTROL_FILE)

    def __getattr__(self, name: str) -> int:
        if name not in (_CONTROL.names or ()):
            raise AttributeError(name)
        return int(self._map[name][0])

    @property
    def task(self) -> str:
        """Task that the world was last reset to."""
        return bytes(self._map["task"][0]).decode()

    @property
    def request(self) -> tuple[int, str, int]:
        """Counter, task and seed of the newest reset that was asked for."""
        return self.reset_request, bytes(self._map["request_task"][0]).decode(), self.request_seed

    def put(self, **fields: int | str) -> None:
        """Write fields in the order given."""
        for name, value in fields.items():
            self._map[name][0] = value.encode() if isinstance(value, str) else value

    def ask_reset(self, task: str, seed: int) -> int:
        """Ask the world to place its objects; done once `reset_done` has reached the returned number."""
        number = self.reset_request + 1
        self.put(request_task=task, request_seed=seed, reset_request=number)
        return number


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world at one tick; a row an arm, or an object, in the scene's order.

    Attributes:
        tick: 1 ms steps since the world's start.
        q: joints of each arm, radians, shape (arms, 7).
        tcp: true pose of each hand_tcp frame, position (metres) and quaternion x y z w, world, shape (arms, 7).
        opening: of each gripper, 0 closed .. 1 open, shape (arms,).
        moving: whether each arm's server has a motion under way, bool, shape (arms,).
        qpos: of the MuJoCo model, shape (nq,).
        objects: position (metres) and quaternion x y z w of each object, world, shape (n, 7).
    """

    tick: int
    q: NDArray[np.float64]
    tcp: NDArray[np.float64]
    opening: NDArray[np.float64]
    moving: NDArray[np.bool_]
    qpos: NDArray[np.float64]
    objects: NDArray[np.float64]


_ARRAYS = ("q", "tcp", "opening", "moving", "qpos", "objects")


def _slot_type(arms: int, joints: int, objects: int) -> np.dtype[Any]:
    return np.dtype(
        [
            ("guard", "i8"),
            ("tick", "i8"),
            ("q", "f8", (arms, 7)),
            ("tcp", "f8", (arms, 7)),
            ("opening", "f8", (arms,)),
            ("moving", "?", (arms,)),
            ("qpos", "f8", (joints,)),
            ("objects", "f8", (objects, 7)),
        ]
    )


class SnapshotRing:
    """The newest snapshots, each under its own sequence lock: one writer that never waits, readers that retry."""

    def __init__(self, path: Path) -> None:
        self._header: Any = np.memmap(path, dtype=_HEADER, mode="r+", shape=(1,))
        head = self._header[0]
        shape = (int(head["slots"]),)
        slot = _slot_type(int(head["arms"]), int(head["joints"]), int(head["objects"]))
        self._slots: Any = np.memmap(path, dtype=slot, mode="r+", offset=_HEADER.itemsize, shape=shape)

    @classmethod
    def create(cls, cell_dir: Path, joints: int, objects: int, *, arms: int = 1, slots: int = 4096) -> "SnapshotRing":
        """An empty ring: at one snapshot in 5 ms, 4096 slots hold 20 s, twice the oldest observation accepted."""
        head = np.array([(arms, joints, objects, slots, 0)], _HEADER)
        _replace(cell_dir / SNAPSHOT_FILE, head.tobytes() + bytes(_slot_type(arms, joints, objects).itemsize * slots))
        return cls(cell_dir / SNAPSHOT_FILE)

    def write(self, snapshot: Snapshot) -> None:
        """Append; ticks must rise."""
        written = int(self._header["written"][0])
        slot = self._slots[written % len(self._slots)]
        slot["guard"] += 1
        slot["tick"] = snapshot.tick
        for name in _ARRAYS:
            slot[name] = getattr(snapshot, name)
        slot["guard"] += 1
        self._header["written"][0] = written + 1

    def newest(self) -> Snapshot | None:
        """The newest snapshot; None before the first."""
        return self._find(lambda _: True)

    def at(self, tick: int) -> Snapshot | None:
        """The newest snapshot at or before `tick`; None where the ring no longer, or not yet, has it."""
        return self._find(lambda found: found <= tick)

    def exactly(self, tick: int) -> Snapshot | None:
        """The snapshot of that very tick, where the ring has it."""
        found = self.at(tick)
        return found if found is not None and found.tick == tick else None

    def _find(self, wanted: Callable[[int], bool]) -> Snapshot | None:
        written = int(self._header["written"][0])
        for number in range(written - 1, max(written - len(self._slots), 0) - 1, -1):
            slot = self._slots[number % len(self._slots)]
            if wanted(int(slot["tick"])):
                copy = self._read(slot)
                if copy is not None and wanted(copy.tick):
                    return copy
        return None

    @staticmethod
    def _read(slot: Any) -> Snapshot | None:
        """A consistent copy; None when the writer is in the slot, which only a ring about to overflow shows."""
        before = int(slot["guard"])
        copy = slot.copy()
        if before % 2 or int(slot["guard"]) != before:
            return None
        return Snapshot(int(copy["tick"]), **{name: np.array(copy[name]) for name in _ARRAYS})


def attach(cell_dir: Path, timeout: float) -> tuple[Control, SnapshotRing]:
    """Control block and snapshots of a world that runs, or is about to, in `cell_dir`.

    Raises:
        UnreachableError: none came within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while not (cell_dir / CONTROL_FILE).exists():
        if time.monotonic() > deadline:
            raise UnreachableError(f"no world in {cell_dir} after {timeout:g} s; start cell_world with this directory")
        time.sleep(0.02)
    return Control(cell_dir / CONTROL_FILE), SnapshotRing(cell_dir / SNAPSHOT_FILE)


def _replace(path: Path, content: bytes) -> None:
    """Write a whole file at once, so that nobody maps half of it."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
