"""A page of rows: what is read back of the answers is what went into them, and what cannot be drawn is told."""

import json
import shutil

import matplotlib.image
import numpy as np
import pytest

from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.curation.pipeline import curate
from molmoact.curation.row_reading import RowReader
from molmoact.curation.row_sheet import draw_row_sheet, kinds_in
from molmoact.curation.rows import Kind
from molmoact.curation.settings import CurationSettings
from molmoact.training.rows import RowSet
from molmoact_common.errors import ConfigError
from support.invented_episode import demo_profile, invented_episode


@pytest.fixture(scope="module")
def places(tmp_path_factory, golden_dir):
    """A dataset of two episodes, and its rows."""
    root = tmp_path_factory.mktemp("data")
    writer = LeRobotWriter(root / "set", demo_profile())
    for seed in range(2):
        writer.add(invented_episode(rows=7, seed=seed))
    writer.close()
    settings = CurationSettings(codebook=golden_dir / "vqvae/small.safetensors", steps=3)
    curate(root / "set", root / "rows", settings)
    return root / "set", root / "rows"


def only(rows, folder, *kinds):
    """A copy of rows with some of the kinds."""
    others = [kind for kind in Kind if kind not in kinds]
    return shutil.copytree(rows, folder, ignore=shutil.ignore_patterns(*others))


def test_what_is_read_of_a_row_is_what_was_demonstrated(places):
    dataset, rows = places
    reader, episode = RowReader.of(rows), LeRobotDataset.open(dataset).episode(1)
    kinds = {kind: RowSet(rows / kind) for kind in Kind}
    assert kinds[Kind.REASONING].numbers("episode_index") == [0] * 7 + [1] * 7
    told = reader.told(kinds[Kind.REASONING].row(7))
    span = reader.statistics.high - reader.statistics.low
    half_bins = np.append(span[:6] / 255, 1 / 255)
    inside = np.clip(episode.actions[:3], reader.statistics.low, reader.statistics.high)
    inside[:, 6] = 1 - episode.actions[:3, 6]  # the data's 1 is closed, an opening of 0
    assert (np.abs(told.deltas - inside) <= half_bins + 1e-6).all()
    assert told.traces[0][0] == (16, 128)  # of 64 x 48 pixels the hand begins at (4, 24)
    assert told.depth == reader.told(kinds[Kind.DEPTH].row(7)).depth
    assert told.traces == reader.told(kinds[Kind.TRACE].row(7)).traces
    conditioned = reader.told(kinds[Kind.CONDITIONED].row(6))  # six of each episode have two points left
    np.testing.assert_array_equal(conditioned.deltas, told.deltas)
    assert conditioned.traces == ()


def test_two_arms_have_a_trace_each(tmp_path):
    profile = demo_profile(arms=("left", "right"))
    writer = LeRobotWriter(tmp_path / "set", profile)
    writer.add(invented_episode(rows=4, profile=profile))
    writer.close()
    plain = CurationSettings(depth="none", kinds=(Kind.CONDITIONED, Kind.TRACE), steps=2)
    curate(tmp_path / "set", tmp_path / "rows", plain)
    reader = RowReader.of(tmp_path / "rows")
    assert len(reader.told(RowSet(tmp_path / "rows/trace").row(0)).traces) == 2
    assert reader.told(RowSet(tmp_path / "rows/conditioned").row(0)).deltas.shape == (2, 14)


def test_a_page_has_a_part_for_every_kind(places, tmp_path):
    assert kinds_in(places[1]) == list(Kind)
    two = only(places[1], tmp_path / "two", Kind.CONDITIONED, Kind.TRACE)
    one = only(places[1], tmp_path / "one", Kind.TRACE)
    for rows in (one, two):
        draw_row_sheet(rows, 1, rows.with_suffix(".png"))
    short, tall = (matplotlib.image.imread(rows.with_suffix(".png")) for rows in (one, two))
    assert tall.shape[1] == short.shape[1]
    assert tall.shape[0] > 2 * short.shape[0]
    assert short[..., :3].std() > 0.05


def test_rows_that_the_profile_cannot_read_say_so_on_the_page(places, tmp_path, monkeypatch):
    rows = only(places[1], tmp_path / "rows", Kind.CONDITIONED)
    profile = (rows / "profile.yaml").read_text()
    (rows / "profile.yaml").write_text(profile.replace("steps: 3", "steps: 5"))
    titles = []
    monkeypatch.setattr("matplotlib.axes.Axes.set_title", lambda axis, text, **_: titles.append(text))
    draw_row_sheet(rows, 0, tmp_path / "sheet.png")
    assert sum(title.startswith("cannot be read: action: 3 steps, expected 5") for title in titles) == 6


def test_what_there_is_not_is_named(places, tmp_path):
    with pytest.raises(ConfigError, match="no rows of episode 9"):
        draw_row_sheet(places[1], 9, tmp_path / "x.png")
    with pytest.raises(ConfigError, match=r"cannot write .*none/x\.png"):
        draw_row_sheet(only(places[1], tmp_path / "one", Kind.TRACE), 0, tmp_path / "none/x.png")
    bare = shutil.copytree(places[1], tmp_path / "bare")
    (bare / "dataset_statistics.json").unlink()
    with pytest.raises(ConfigError, match="no profile and statistics beside its rows"):
        draw_row_sheet(bare, 0, tmp_path / "x.png")


def test_a_codebook_that_has_moved_is_done_without(places, tmp_path):
    rows = only(places[1], tmp_path / "rows", Kind.DEPTH)
    made = json.loads((rows / "curation.json").read_text())
    made["settings"]["codebook"] = str(tmp_path / "moved.safetensors")
    (rows / "curation.json").write_text(json.dumps(made))
    assert RowReader.of(rows).codebook is None
    assert RowReader.of(places[1]).codebook is not None
    draw_row_sheet(rows, 0, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
