"""Rows on disk: parquet shards that HF datasets reads with images, and the card that says what they are."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from molmoact.curation.atomic import write_atomically, write_text
from molmoact.curation.lerobot_schema import IMAGE, hf_metadata
from molmoact.curation.rows import Kind, image_columns
from molmoact.profile import CheckpointProfile

PROTOCOL = 1
"""Version of prompts, answers and symbols; a trainer refuses another."""

CARD_FILE = "rows.json"
STATISTICS_FILE = "dataset_statistics.json"
_TURN = pa.struct([("from", pa.string()), ("value", pa.string())])


def row_schema(profile: CheckpointProfile, kind: Kind) -> pa.Schema:
    """Columns of a shard: pictures in the order of the prompt, conversations, annotation, and where the row is from."""
    images = image_columns(profile)
    if kind in (Kind.DEPTH, Kind.TRACE):
        images = images[:1]
    drawn = pa.string() if len(profile.arms) == 1 else pa.list_(pa.string())
    text = {"dtype": "string", "_type": "Value"}
    number = {"dtype": "int64", "_type": "Value"}
    described: dict[str, Any] = {name: {"_type": "Image"} for name in images}
    described["conversations"] = {"_type": "List", "feature": {"from": text, "value": text}}
    described["annotation"] = text if len(profile.arms) == 1 else {"_type": "List", "feature": text}
    described |= {"episode_index": number, "frame_index": number}
    fields = [*((name, IMAGE) for name in images), ("conversations", pa.list_(_TURN)), ("annotation", drawn)]
    fields += [("episode_index", pa.int64()), ("frame_index", pa.int64())]
    return pa.schema(fields, metadata=hf_metadata(described))


def shard_path(output: Path, kind: Kind, number: int) -> Path:
    """The rows of one episode."""
    return output / kind / f"shard-{number:05d}.parquet"


def write_shard(output: Path, kind: Kind, number: int, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Write the rows of one episode, whole or not at all; no rows make an empty shard, which says that it is done."""
    table = pa.Table.from_pylist(list(rows), schema=schema)
    write_atomically(shard_path(output, kind, number), lambda path: pq.write_table(table, path))


def rows_in(output: Path, kind: Kind, episodes: int) -> int:
    """Rows of a kind, from the shards' footers."""
    return sum(pq.read_metadata(shard_path(output, kind, number)).num_rows for number in range(episodes))


def write_card(folder: Path, card: dict[str, Any], statistics: dict[str, Any]) -> None:
    """Say beside a set of rows what they are; with it, the set is complete."""
    for name, content in ((STATISTICS_FILE, statistics), (CARD_FILE, {"protocol": PROTOCOL, **card})):
        write_text(folder / name, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
