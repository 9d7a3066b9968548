"""Everything that a run needs, looked through before a weight is read: rows, statistics, base checkpoint, profile."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molmoact.checkpoint import verify_checkpoint
from molmoact.curation.conventions import check_rows, rows_profile_path
from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import PROFILE_FILE, CheckpointProfile, load_profile
from molmoact.protocol.actions import check_dimensions
from molmoact.protocol.answer import AnswerError, parse_answer
from molmoact.protocol.statistics import choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact.training.errors import TrainingError
from molmoact.training.recipe import Recipe, load_recipe
from molmoact.training.rows import RowsError, RowSet
from molmoact_common.errors import CheckpointError

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that can begin.

    Attributes:
        recipe: what to do.
        name: of the recipe.
        base: checkpoint to begin with.
        sets: row sets, in the order of the mixture.
        norm_stats: of the checkpoint that will come out: the base's, and those of the rows.
        profile: of the checkpoint that will come out.
    """

    recipe: Recipe
    name: str
    base: Path
    sets: Sequence[RowSet]
    norm_stats: Mapping[str, Any]
    profile: CheckpointProfile

    def description(self) -> dict[str, Any]:
        """What export needs to know, and what must be the same for a run to go on; JSON."""
        return {
            "name": self.name,
            "base": str(self.base.absolute()),
            "rows": [len(each) for each in self.sets],
            "recipe": self.recipe.model_dump(mode="json"),
            "profile": self.profile.model_dump(mode="json"),
            "norm_stats": dict(self.norm_stats),
        }


def make_plan(path: Path, data: Path, checkpoint: Path | None = None) -> Plan:
    """Read a recipe and check everything that it names, in seconds at any size.

    Args:
        path: of the recipe.
        data: folder that the recipe's row sets are below.
        checkpoint: to begin with; None: the one that the recipe names.

    Raises:
        ConfigError: the recipe or the profile is not valid, or actions of rows do not mean what the profile says.
        RowsError: rows are absent, of another schema or protocol version, or without statistics.
        CheckpointError: the base is absent or damaged, or has not the statistics that the profile names.
    """
    recipe = load_recipe(path)
    base = checkpoint or (Path(recipe.checkpoint).expanduser() if recipe.checkpoint else None)
    if base is None:
        raise CheckpointError(f"{path} names no checkpoint to begin with; set checkpoint there or give --checkpoint")
    sets = [RowSet(data / source.rows, source.views) for source in recipe.mixture]
    known = verify_checkpoint(base, None).config.norm_stats or {}
    acting = [rows for source, rows in zip(recipe.mixture, sets, strict=True) if source.actions]
    found: dict[str, Any] = {}
    for rows in acting:
        found |= _new(rows, {**known, **found})
    profile = load_profile(_profile_path(path, recipe, acting, base, data))
    for rows in acting:
        check_rows(rows.folder, profile)
    profile = profile.model_copy(update={"statistics_key": _key(recipe, found, profile)})
    norm_stats = {**known, **found}
    if acting:  # a stage that only points has no use for statistics yet
        check_dimensions(choose_statistics(norm_stats, profile.statistics_key), profile)
    _check_answers(acting, base, profile)
    return Plan(recipe, path.stem, base, sets, norm_stats, profile)


def begin_or_go_on(run: Path, plan: Plan) -> None:
    """Write what a run is into its folder, or see that the run there is the same.

    Raises:
        TrainingError: the folder holds another run, or cannot be written.
    """
    path, described = run / RUN_FILE, plan.description()
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        other = [key for key in described if described[key] != before.get(key)]
        if other:
            raise TrainingError(f"{run} holds a run with another {other[0]}; name another folder with --run")
        return
    try:
        run.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror}; name another folder with --run") from error


def _new(rows: RowSet, known: Mapping[str, Any]) -> dict[str, Any]:
    """Statistics of a row set. One key with two meanings would decode one of them wrongly."""
    found = rows.statistics()
    for key, entry in found.items():
        choose_statistics({key: entry}, key)
        if key in known and _scale(known[key]) != _scale(entry):
            raise RowsError(
                f"{rows.folder} has statistics {key!r} that differ from those already known; curate under another key"
            )
    return found


def _profile_path(path: Path, recipe: Recipe, acting: Sequence[RowSet], base: Path, data: Path) -> Path:
    if recipe.profile:
        return path.parent / recipe.profile
    of_data = data / PROFILE_FILE
    if of_data.is_file():
        return of_data
    of_rows = [found for rows in acting if (found := rows_profile_path(rows.folder))]
    return of_rows[0] if of_rows else base / PROFILE_FILE


def _key(recipe: Recipe, found: Mapping[str, Any], profile: CheckpointProfile) -> str:
    only = next(iter(found)) if len(found) == 1 else ""
    return recipe.statistics_key or only or profile.statistics_key


def _check_answers(sets: Sequence[RowSet], base: Path, profile: CheckpointProfile) -> None:
    """See that the first answer of each set could be read by who runs the checkpoint later."""
    symbols = ActionSymbols.from_tokenizer(MolmoActProcessor.from_pretrained(base).tokenizer)
    for rows in sets:
        row = rows.row(0)
        try:
            text, arms = row.dialogue[0][1], len(profile.arms)
            parse_answer(text, symbols, steps=profile.steps, arms=arms, steered=bool(row.drawn))
        except AnswerError as error:
            raise RowsError(
                f"{rows.folder}: the answer of row 0 cannot be read: {error}; correct the profile, or curate again"
            ) from error


def _scale(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    return entry["action"]["q01"], entry["action"]["q99"]
