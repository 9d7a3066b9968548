import datasets
import numpy as np
import pytest
import torch
from PIL import Image

from molmoact.nano import make_nano_checkpoint
from molmoact.nano.localising import THINGS, LocalisingSettings, learn_to_localise, sights_of
from molmoact.nano.pointing import pointing_turns
from molmoact.processing.processor import MolmoActProcessor
from molmoact.tiny.checkpoint import SIDE
from molmoact.training.rows import Row, RowSet
from molmoact_common.errors import CheckpointError

COLOURS = {"red block": (200, 20, 20), "green block": (20, 160, 30), "blue block": (20, 40, 210)}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nano") / "base"
    make_nano_checkpoint(folder)
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Squares of three colours on grey."""
    folder = tmp_path_factory.mktemp("point")
    random = np.random.default_rng(0)
    table = datasets.Dataset.from_list(
        [picture(random) for _ in range(64)],
        features=datasets.Features(
            {
                "image": datasets.Image(),
                "conversations": [{"from": datasets.Value("string"), "value": datasets.Value("string")}],
            }
        ),
    )
    table.to_parquet(str(folder / "rows.parquet"))
    return folder


def picture(random):
    pixels = np.full((SIDE, SIDE, 3), 150, dtype=np.uint8)
    points = {}
    for place, (name, colour) in zip(random.permutation(16)[:3], COLOURS.items(), strict=True):
        x, y = int(place) % 4 * 28 + 8, int(place) // 4 * 28 + 8
        pixels[y : y + 12, x : x + 12] = colour
        points[name] = (round((x + 6) / SIDE * 255), round((y + 6) / SIDE * 255))
    return {"image": Image.fromarray(pixels), "conversations": pointing_turns(points)}


def test_named_places_come_out_of_the_rows_and_unseen_ones_are_not_known(base):
    said = pointing_turns({"tray": (0, 255)})
    row = Row((np.zeros((SIDE, SIDE, 3), np.uint8),), ((said[0]["value"], said[1]["value"]),))
    where = sights_of([row], MolmoActProcessor.from_pretrained(base)).where[0]
    assert where[THINGS.index("tray")].tolist() == [-1, 1]
    assert where.isnan().any(-1).sum() == len(THINGS) - 1


@pytest.mark.slow
def test_heat_maps_find_squares_of_three_colours(base, rows, tmp_path):
    torch.set_num_threads(1)
    away = []
    settings = LocalisingSettings(steps=50, batch=8)
    learn_to_localise(base, [rows], tmp_path / "eyes", settings, lambda step, distance: away.append(distance))
    assert np.mean(away[:5]) > 0.2
    assert np.mean(away[-10:]) < 0.05
    assert len(RowSet(rows)) == 64
    with pytest.raises(CheckpointError, match="holds something"):
        learn_to_localise(base, [rows], tmp_path / "eyes", LocalisingSettings(steps=1))


def test_a_checkpoint_without_keypoints_is_refused(tmp_path, rows):
    make_nano_checkpoint(tmp_path / "base", "published")
    with pytest.raises(CheckpointError, match="no keypoints to train"):
        learn_to_localise(tmp_path / "base", [rows], tmp_path / "out", LocalisingSettings(steps=1))
