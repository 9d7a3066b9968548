"""A dataset to rows: what is done for one episode, by whichever process, and what is done once for all."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from molmoact.curation.atomic import write_text
from molmoact.curation.engine import Engine, run_here
from molmoact.curation.episodes import Episode
from molmoact.curation.frames import DepthSource, EstimatedDepth, FrameMaker, MeasuredDepth, decoded
from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.curation.lerobot_schema import depth_key
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.curation.pointing import load_answers, with_pointed_hands
from molmoact.curation.rows import Kind, RowWriter, card_views
from molmoact.curation.settings import CurationSettings
from molmoact.curation.shards import STATISTICS_FILE, row_schema, rows_in, shard_path, write_card, write_shard
from molmoact.depth.codebook import DepthCodebook
from molmoact.profile import PROFILE_FILE, CheckpointProfile
from molmoact.protocol.statistics import choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact_common.errors import ConfigError

JOB_FILE = "curation.json"


@dataclass(frozen=True, slots=True)
class Job:
    """What every process needs to know: where from, where to, and how (see CurationSettings, as JSON)."""

    dataset: Path
    output: Path
    settings: str


@dataclass(frozen=True, slots=True)
class CurationReport:
    """What was made: frames of the dataset, and rows by kind."""

    frames: int
    rows: dict[Kind, int]


def curate(
    dataset: Path,
    output: Path,
    settings: CurationSettings,
    engine: Engine = run_here,
    progress: Callable[[int], None] = lambda _: None,
) -> CurationReport:
    """Make rows of a dataset; what an interrupted run had finished is kept.

    Args:
        dataset: folder of a LeRobot dataset that this project wrote.
        output: folder of the row sets, one a kind.
        settings: what is made.
        engine: runs the episodes, here or in other processes.
        progress: called with the frames of each finished episode.

    Raises:
        ConfigError: no such dataset, no depth in it where it is wanted, or `output` holds rows of other settings.
        CheckpointError: codebook or depth model cannot be read.
    """
    opened = LeRobotDataset.open(dataset)
    _check_depth(opened, settings)
    job = Job(dataset, output, settings.model_dump_json())
    _begin(opened, job)
    lengths = [int(entry["length"]) for entry in opened.table]
    todo = []
    for number, length in enumerate(lengths):
        if all(shard_path(output, kind, number).is_file() for kind in settings.kinds):
            progress(length)
        else:
            todo.append(number)
    for number in engine(curate_episode, job, todo):
        progress(lengths[number])
    rows = {kind: rows_in(output, kind, len(opened)) for kind in settings.kinds}
    _finish(opened, output, settings, rows)
    return CurationReport(sum(lengths), rows)


def curate_episode(job: Job, number: int) -> int:
    """Write the shards of one episode; its number. The one function that other processes run."""
    maker, writer = _tools(job)
    opened = LeRobotDataset.open(job.dataset)
    settings = CurationSettings.model_validate_json(job.settings)
    rows: dict[Kind, list[dict[str, Any]]] = {kind: [] for kind in settings.kinds}
    for index, frame in enumerate(maker.frames(_episode(opened, number, settings))):
        for kind in settings.kinds:
            row = writer.row(kind, frame)
            if row is not None:
                rows[kind].append(row | {"episode_index": number, "frame_index": index})
    for kind, made in rows.items():
        write_shard(job.output, kind, number, made, row_schema(maker.profile, kind))
    return number


def _episode(opened: LeRobotDataset, number: int, settings: CurationSettings) -> Episode:
    episode = opened.episode(number)
    if settings.answers is None:
        return episode
    answers = [answer for answer in load_answers(settings.answers) if answer.episode == number]
    size = decoded(next(iter(episode.views.values()))[0]).shape[:2]
    return with_pointed_hands(episode, answers, opened.profile.arms, (size[0], size[1]))


@cache
def _tools(job: Job) -> tuple[FrameMaker, RowWriter]:
    """Networks and statistics, once a process."""
    settings = CurationSettings.model_validate_json(job.settings)
    profile = model_profile(LeRobotDataset.open(job.dataset).profile, settings)
    statistics = json.loads((job.output / STATISTICS_FILE).read_text(encoding="utf-8"))
    maker = FrameMaker(
        profile=profile,
        statistics=choose_statistics(statistics),
        depth=_depth_source(settings),
        codebook=DepthCodebook.load(settings.codebook) if settings.codebook and settings.depth != "none" else None,
    )
    return maker, RowWriter(profile, symbols_of(settings.tokenizer), settings.wording)


def model_profile(profile: CheckpointProfile, settings: CurationSettings) -> CheckpointProfile:
    """The profile of a checkpoint that learns from the rows."""
    changes: dict[str, Any] = {"statistics_key": settings.key}
    if settings.steps is not None:
        changes["steps"] = settings.steps
    if settings.resize is not None:
        changes["resize"] = settings.resize
    return profile.model_copy(update=changes)


def _depth_source(settings: CurationSettings) -> DepthSource | None:
    if settings.depth == "estimated" and settings.depth_model is not None:
        from molmoact.depth.estimator import DepthEstimator  # noqa: PLC0415  its imports take seconds, most runs go without

        return EstimatedDepth(DepthEstimator.load(settings.depth_model))
    return MeasuredDepth() if settings.depth == "measured" else None


def symbols_of(tokenizer: Path | None) -> ActionSymbols:
    """Of a checkpoint's folder, or the published ones.

    Raises:
        ConfigError: no tokenizer there.
    """
    if tokenizer is None:
        return ActionSymbols.printed()
    from transformers import AutoTokenizer  # noqa: PLC0415

    try:
        return ActionSymbols.from_tokenizer(AutoTokenizer.from_pretrained(str(tokenizer), local_files_only=True))
    except (OSError, ValueError) as error:
        raise ConfigError(f"no tokenizer in {tokenizer}: {' '.join(str(error).split())[:200]}") from error


def _check_depth(opened: LeRobotDataset, settings: CurationSettings) -> None:
    if settings.depth == "measured" and depth_key(opened.profile.views[0]) not in opened.info["features"]:
        raise ConfigError(
            f"{opened.root} has no depth of {opened.profile.views[0]}; estimate it from colour, or say depth: none"
        )


def _begin(opened: LeRobotDataset, job: Job) -> None:
    """Remember what is made, so that a run that goes on later cannot mix two ways, and take the statistics."""
    info = (opened.root / "meta/info.json").read_bytes()
    text = json.dumps({"settings": json.loads(job.settings), "dataset": hashlib.sha256(info).hexdigest()}, indent=1)
    path = job.output / JOB_FILE
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise ConfigError(f"{job.output} holds rows of another dataset or other settings; name a new folder")
    entry = action_statistics([opened.actions(number) for number in range(len(opened))])
    key = CurationSettings.model_validate_json(job.settings).key or opened.root.name
    statistics = json.dumps({key: entry}, indent=1)
    write_text(job.output / STATISTICS_FILE, statistics)
    write_text(path, text)


def _finish(opened: LeRobotDataset, output: Path, settings: CurationSettings, rows: dict[Kind, int]) -> None:
    statistics = json.loads((output / STATISTICS_FILE).read_text(encoding="utf-8"))
    profile = model_profile(opened.profile, settings)
    text = yaml.safe_dump(profile.model_dump(mode="json"), sort_keys=False)
    write_text(output / PROFILE_FILE, text)
    for kind in settings.kinds:
        card = {
            "kind": kind,
            "rows": rows[kind],
            "views": dict(card_views(profile)) if kind not in (Kind.DEPTH, Kind.TRACE) else {"image": profile.views[0]},
            "steps": profile.steps,
            "dataset": opened.root.name,
            "instructions": sorted(_instructions(opened.table)),
        }
        write_card(output / kind, card, statistics)


def _instructions(table: Iterable[dict[str, Any]]) -> set[str]:
    return {task for entry in table for task in entry["tasks"]}
