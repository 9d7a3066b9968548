"""Lessons as row sets, by the curation's own writers; pointing rows beside them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from molmoact.curation.atomic import write_atomically, write_text
from molmoact.curation.lerobot_schema import IMAGE
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.curation.rows import Frame, Kind, RowWriter
from molmoact.curation.shards import STATISTICS_FILE, row_schema, write_card, write_shard
from molmoact.depth.codebook import DepthCodebook
from molmoact.depth.pictures import from_metric
from molmoact.nano.pointing import pointing_turns
from molmoact.profile import PROFILE_FILE, CheckpointProfile
from molmoact.protocol.actions import bins_of, normalise
from molmoact.protocol.statistics import ActionStatistics, choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact_bringup.nano_lessons import LessonSettings, Moment, demonstrated, moments
from molmoact_common.errors import ConfigError
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.renderer import DEPTH_UNIT
from sim_cell.tasks import TaskSettings, make_episode

POINT, STEERED = "point", "steered"
"""Folders: pointing rows; conditioned rows whose words fit several things, so that the trace must decide."""

_MEASURED = 24
"""Lessons that statistics are taken of."""

_DIGITS = 6
"""Decimals of actions in the statistics: what never changes but for the last bits counts as never changing."""


@dataclass(frozen=True, slots=True)
class RowsJob:
    """What is made.

    Attributes:
        output: folder of the row sets.
        tasks: name -> task; they take turns.
        profile: of the checkpoint to come.
        codebook: of depth pictures.
        settings: of the lessons.
        unnamed: instructions that name nothing; empty: no rows of the kind STEERED.
    """

    output: Path
    tasks: Mapping[str, TaskSettings]
    profile: CheckpointProfile
    codebook: DepthCodebook
    settings: LessonSettings
    unnamed: tuple[str, ...] = ()


def write_rows(job: RowsJob, cell: InProcessCell, seeds: Sequence[int]) -> Iterator[int]:
    """Write the rows of a lesson a seed, a shard each kind and seed; yields how many moments each gave.

    Statistics are taken once, of the first seeds, and kept in the folder, so that further calls add to it. A set counts
    as whole when all seeds are done: then its card is written.

    Raises:
        ConfigError: the profile names no size of pictures.
    """
    if job.profile.resize is None:
        raise ConfigError(f"profile {job.profile.name} names no size of pictures; set its resize")
    statistics = _statistics(job, cell, seeds)
    scale = choose_statistics(statistics, job.profile.statistics_key)
    writer = RowWriter(job.profile, ActionSymbols.printed())
    for seed in seeds:
        name = list(job.tasks)[seed % len(job.tasks)]
        episode = make_episode(name, job.tasks[name], cell.scene, seed)
        seen = list(moments(cell, episode, job.settings, job.profile.resize, job.profile.steps))
        _write_lesson(job, writer, scale, seed, seen)
        yield len(seen)
    _write_cards(job, statistics)


def frame_of(moment: Moment, scale: ActionStatistics, codebook: DepthCodebook) -> Frame:
    """A moment in the curation's words."""
    raw = moment.rows.copy()
    raw[:, -1] = 1.0 - raw[:, -1]  # a data set's gripper is closing-positive
    return Frame(
        task=moment.instruction,
        images=[_png(view) for view in moment.views.values()],
        depth=codebook.codes(from_metric(moment.depth, DEPTH_UNIT)),
        traces=moment.trace,
        bins=bins_of(normalise(raw.round(_DIGITS), scale)),
    )


def _write_lesson(job: RowsJob, writer: RowWriter, scale: ActionStatistics, seed: int, seen: Sequence[Moment]) -> None:
    rows: dict[Kind, list[dict[str, Any]]] = {kind: [] for kind in Kind}
    pointing: list[dict[str, Any]] = []
    steered: list[dict[str, Any]] = []
    for index, moment in enumerate(seen):
        frame = frame_of(moment, scale, job.codebook)
        for kind in Kind:
            row = writer.row(kind, frame)
            if row is not None:
                rows[kind].append(row | {"episode_index": seed, "frame_index": index})
        if job.unnamed:
            said = replace(frame, task=job.unnamed[(seed + index) % len(job.unnamed)])
            row = writer.row(Kind.CONDITIONED, said)
            steered += [row | {"episode_index": seed, "frame_index": index}] if row is not None else []
        for image, points in zip(frame.images, moment.points.values(), strict=True):
            if points:
                picture = {"bytes": image, "path": None}
                pointing.append({"image": picture, "conversations": pointing_turns(dict(points))})
    for kind, made in rows.items():
        write_shard(job.output, kind, seed, made, row_schema(job.profile, kind))
    spoken = row_schema(job.profile, Kind.TRACE).field("conversations")
    _write(job.output / POINT, seed, pointing, pa.schema([("image", IMAGE), spoken]))
    if job.unnamed:
        _write(job.output / STEERED, seed, steered, row_schema(job.profile, Kind.CONDITIONED))


def _write(folder: Path, seed: int, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    table = pa.Table.from_pylist(list(rows), schema=schema)
    write_atomically(folder / f"shard-{seed:05d}.parquet", lambda path: pq.write_table(table, path))


def _statistics(job: RowsJob, cell: InProcessCell, seeds: Sequence[int]) -> dict[str, Any]:
    path = job.output / STATISTICS_FILE
    if path.is_file():
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return known
    names = list(job.tasks)
    acted = []
    for number, seed in enumerate(seeds[:_MEASURED]):
        name = names[number % len(names)]
        acted.append(demonstrated(cell, make_episode(name, job.tasks[name], cell.scene, seed), job.settings))
        acted[-1][:, -1] = 1.0 - acted[-1][:, -1]
    entry = action_statistics([each.round(_DIGITS) for each in acted])
    statistics = {job.profile.statistics_key: entry}
    write_text(path, json.dumps(statistics, indent=1))
    return statistics


def _write_cards(job: RowsJob, statistics: Mapping[str, Any]) -> None:
    profile = yaml.safe_dump(job.profile.model_dump(mode="json", exclude_defaults=True), sort_keys=False)
    write_text(job.output / PROFILE_FILE, profile)
    for kind in (*Kind, POINT, *((STEERED,) if job.unnamed else ())):
        folder = job.output / kind
        rows = sum(pq.read_metadata(path).num_rows for path in sorted(folder.glob("shard-*.parquet")))
        write_card(folder, {"kind": str(kind), "rows": rows, "steps": job.profile.steps}, dict(statistics))


def _png(picture: Any) -> bytes:
    return bytes(cv2.imencode(".png", np.ascontiguousarray(picture[:, :, ::-1]))[1])
