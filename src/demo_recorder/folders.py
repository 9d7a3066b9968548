"""Folders of takes: names of new ones, the trash for discarded ones, and the bags that a folder holds."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from molmoact_common.errors import UserError

TRASH = "trash"
"""Folder beside the takes; what lies in it is looked at by no tool of this project."""

_STEM = "take-"


def next_take(folder: Path) -> Path:
    """Path of the next take, `take-0001` and so on; the number of a discarded take is not used again."""
    known = [path.name for place in (folder, folder / TRASH) if place.is_dir() for path in place.iterdir()]
    numbers = [int(name[len(_STEM) :][:4]) for name in known if _is_take(name)]
    return folder / f"{_STEM}{max(numbers, default=0) + 1:04d}"


def _is_take(name: str) -> bool:
    return name.startswith(_STEM) and name[len(_STEM) :][:4].isdigit()


def to_trash(path: Path) -> Path:
    """Move a bag into the trash folder beside it, and return where it lies now."""
    trash = path.parent / TRASH
    trash.mkdir(exist_ok=True)
    target = trash / path.name
    attempt = 1
    while target.exists():
        attempt += 1
        target = trash / f"{path.name}-{attempt}"
    return path.rename(target)


def is_bag(path: Path) -> bool:
    """Whether this folder is a bag, closed or not."""
    return path.is_dir() and ((path / "metadata.yaml").is_file() or any(path.glob("*.mcap")))


def find_bags(paths: Iterable[Path]) -> list[Path]:
    """The bags that these folders are or hold, at any depth, in order; none of a trash folder.

    Raises:
        UserError: a path is no folder, or nothing in it is a bag.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            raise UserError(f"{path} is no folder; name a bag, or a folder of bags")
        inside = list(_bags_in(path))
        if not inside:
            raise UserError(f"no bag in {path}; name a bag, or a folder of bags")
        found += inside
    return list(dict.fromkeys(found))


def _bags_in(path: Path) -> Iterator[Path]:
    if is_bag(path):
        yield path
        return
    for child in sorted(path.iterdir()):
        if child.is_dir() and child.name != TRASH:
            yield from _bags_in(child)
