import io
import json
import shutil

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from molmoact.training.rows import RowsError, RowSet


@pytest.fixture
def copy(rows_folder, tmp_path):
    return shutil.copytree(rows_folder, tmp_path / "cell")


def png(value):
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), (value, value, value)).save(stream, format="PNG")
    return stream.getvalue()


def plain(folder, **columns):
    """A parquet file without any word about what its columns mean."""
    record = {
        "image": [{"bytes": png(10), "path": None}],
        "wrist": [{"bytes": png(20), "path": None}],
        "conversations": [[{"from": "human", "value": "what?"}, {"from": "gpt", "value": "that"}]],
        "annotation": [None],
    }
    table = datasets.Dataset.from_dict(record | {name: [value] for name, value in columns.items()})
    folder.mkdir()
    pq.write_table(table.data.table.replace_schema_metadata(), folder / "a.parquet")
    return folder


def test_rows_have_their_images_in_order_their_text_and_what_is_drawn(rows_folder):
    rows = RowSet(rows_folder)
    assert (len(rows), rows.views) == (8, ("image", "wrist_image"))
    reasoning, steered = rows.row(0), rows.row(1)
    assert [image.shape for image in reasoning.images] == [(112, 112, 3)] * 2
    assert reasoning.dialogue[0][0].startswith("The task is pick up the red block.")
    assert "<DEPTH_START>" in reasoning.dialogue[0][1]
    assert reasoning.drawn == ()
    assert [len(trace) for trace in steered.drawn] == [5]
    assert rows.letters(0) == sum(map(len, reasoning.dialogue[0]))


def test_views_can_be_chosen_and_put_in_order(rows_folder):
    both, swapped = RowSet(rows_folder).row(0), RowSet(rows_folder, ("wrist_image", "image")).row(0)
    np.testing.assert_array_equal(both.images[0], swapped.images[1])
    assert len(RowSet(rows_folder, ["wrist_image"]).row(0).images) == 1


def test_parquet_without_types_and_sets_saved_to_disk_are_read_alike(rows_folder, tmp_path):
    assert [image[0, 0, 0] for image in RowSet(plain(tmp_path / "plain")).row(0).images] == [10, 20]
    table = datasets.Dataset.from_parquet(str(rows_folder / "rows-00000.parquet"), cache_dir=str(tmp_path / "cache"))
    table.save_to_disk(str(tmp_path / "saved"))
    saved, original = RowSet(tmp_path / "saved").row(3), RowSet(rows_folder).row(3)
    assert (saved.dialogue, saved.drawn) == (original.dialogue, original.drawn)
    np.testing.assert_array_equal(saved.images[1], original.images[1])


def test_two_arms_have_two_drawn_traces(tmp_path):
    folder = plain(tmp_path / "duo", annotation=["[[1, 2], [3, 4]]", "[[5, 6], [7, 8]]"])
    assert RowSet(folder).row(0).drawn == (((1, 2), (3, 4)), ((5, 6), (7, 8)))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"annotation": "nonsense"}, "row 0 of .*: Expecting value"),
        ({"annotation": "[[1, 2]]"}, "fewer than two points"),
        ({"conversations": [{"from": "human", "value": "what?"}]}, "must alternate question and answer"),
        ({"image": {"bytes": b"no picture", "path": None}}, "row 0 of .*: cannot identify image file"),
    ],
)
def test_a_row_that_cannot_be_learnt_from_is_named(tmp_path, columns, said):
    with pytest.raises(RowsError, match=said):
        RowSet(plain(tmp_path / "bad", **columns)).row(0)


def test_rows_of_another_protocol_version_are_refused(copy):
    (copy / "rows.json").write_text(json.dumps({"protocol": 1}))
    RowSet(copy)
    (copy / "rows.json").write_text(json.dumps({"protocol": 2}))
    with pytest.raises(RowsError, match="is of protocol version 2, this is 1; curate the data again"):
        RowSet(copy)


def test_absent_rows_columns_and_statistics_are_named(copy, tmp_path):
    with pytest.raises(RowsError, match=r"no rows at .*nowhere"):
        RowSet(tmp_path / "nowhere")
    with pytest.raises(RowsError, match="has no column side; it has image"):
        RowSet(copy, ["image", "side"])
    (copy / "dataset_statistics.json").unlink()
    with pytest.raises(RowsError, match=r"dataset_statistics\.json is absent"):
        RowSet(copy).statistics()
    (copy / "rows-00000.parquet").unlink()
    with pytest.raises(RowsError, match="holds no parquet file"):
        RowSet(copy)
