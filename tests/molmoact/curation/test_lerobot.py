"""What a dataset on disk looks like, and that it reads back as it was written."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.protocol.statistics import choose_statistics
from molmoact_common.errors import ConfigError
from support.invented_episode import demo_profile, invented_episode


@pytest.fixture
def root(tmp_path):
    writer = LeRobotWriter(tmp_path / "set", demo_profile())
    writer.add(invented_episode(rows=5, seed=1))
    writer.add(invented_episode(rows=3, seed=2, instruction="open the drawer"))
    writer.close()
    return tmp_path / "set"


def test_files_and_info_are_those_of_version_3(root):
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files == {
        "data/chunk-000/file-000.parquet",
        "data/chunk-000/file-001.parquet",
        "meta/episodes/chunk-000/file-000.parquet",
        "meta/tasks.parquet",
        "meta/stats.json",
        "meta/info.json",
        "meta/profile.yaml",
    }
    info = json.loads((root / "meta/info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["splits"]) == ("v3.0", 10, {"train": "0:2"})
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (2, 8, 2)
    assert info["features"]["observation.images.front"]["shape"] == [48, 64, 3]
    assert info["features"]["action"]["names"][-1] == "arm_gripper"


def test_columns_of_a_data_file_have_the_types_that_info_says(root):
    info = json.loads((root / "meta/info.json").read_text())
    schema = pq.read_schema(root / "data/chunk-000/file-001.parquet")
    assert schema.names == list(info["features"])
    assert schema.field("action").type == pa.list_(pa.float32(), 7)
    assert schema.field("observation.images.front").type == pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    described = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert described["observation.images.front"] == {"_type": "Image"}
    assert list(described) == schema.names


def test_indices_run_through_the_dataset(root):
    tables = [pq.read_table(root / f"data/chunk-000/file-00{number}.parquet") for number in (0, 1)]
    whole = pa.concat_tables(tables)
    assert whole.column("index").to_pylist() == list(range(8))
    assert whole.column("episode_index").to_pylist() == [0] * 5 + [1] * 3
    assert whole.column("task_index").to_pylist() == [0] * 5 + [1] * 3
    assert whole.column("frame_index").to_pylist() == [*range(5), *range(3)]
    np.testing.assert_allclose(whole.column("timestamp").to_pylist()[:3], [0, 0.1, 0.2], atol=1e-7)
    entries = pq.read_table(root / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [(e["dataset_from_index"], e["dataset_to_index"], e["length"]) for e in entries] == [(0, 5, 5), (5, 8, 3)]


def test_tasks_have_the_instruction_as_the_index_of_their_table(root):
    table = pq.read_table(root / "meta/tasks.parquet")
    assert table.to_pydict()["task"] == ["put the red block into the tray", "open the drawer"]
    assert json.loads(table.schema.metadata[b"pandas"])["index_columns"] == ["task"]


def test_an_episode_reads_back(root):
    dataset, written = LeRobotDataset.open(root), invented_episode(rows=3, seed=2, instruction="open the drawer")
    read = dataset.episode(1)
    assert (len(dataset), dataset.profile) == (2, demo_profile())
    assert (read.source, read.instruction, read.depth_unit) == ("take-2", "open the drawer", 0.001)
    assert (read.views, read.depth) == (written.views, written.depth)
    for name in ("actions", "measured", "commanded", "hands"):
        np.testing.assert_allclose(getattr(read, name), getattr(written, name), atol=1e-6, err_msg=name)
    np.testing.assert_array_equal(read.stamps_ns, written.stamps_ns)
    np.testing.assert_array_equal(read.steps, written.steps)


def test_statistics_are_over_all_episodes(root):
    stats = json.loads((root / "meta/stats.json").read_text())
    actions = np.concatenate([invented_episode(rows=rows, seed=seed).actions for rows, seed in ((5, 1), (3, 2))])
    np.testing.assert_allclose(stats["action"]["max"], actions.max(0), atol=1e-7)
    assert stats["action"]["count"] == [8]
    assert np.shape(stats["observation.images.front"]["mean"]) == (3, 1, 1)
    assert 0 < stats["observation.images.front"]["mean"][0][0][0] < 1


def test_action_statistics_are_the_published_ones(golden_dir):
    recorded = json.loads((golden_dir / "action/encode.json").read_text())["stats"]
    vectors = np.load(golden_dir / "action/encode.npz")
    found = action_statistics([vectors["raw"][vectors["episodes"] == episode] for episode in range(3)])
    for name, row in recorded["action"].items():
        np.testing.assert_allclose(found["action"][name], row, rtol=1e-6, atol=1e-7, err_msg=name)
    assert (found["num_transitions"], found["proprio"]) == (recorded["num_transitions"], recorded["proprio"])
    choose_statistics({"x": found})


def test_episodes_are_counted_where_the_published_script_says_none(golden_dir):
    recorded = json.loads((golden_dir / "action/encode.json").read_text())["stats"]
    found = action_statistics([np.zeros((2, 7)), np.zeros((3, 7))])
    assert found["num_trajectories"] == 2
    assert recorded["num_trajectories"] == 3  # the recording was told so; the script itself writes 0


def test_each_arm_of_a_pair_keeps_its_gripper_unscaled():
    mask = action_statistics([np.zeros((2, 14))])["action"]["mask"]
    assert [index for index, scaled in enumerate(mask) if not scaled] == [6, 13]


def test_pictures_of_another_size_are_refused(tmp_path):
    writer = LeRobotWriter(tmp_path / "set", demo_profile())
    writer.add(invented_episode(rows=2))
    other = invented_episode(rows=2)
    shapeless = type(other)(**{**{n: getattr(other, n) for n in other.__slots__}, "depth": []})
    with pytest.raises(ConfigError, match="dataset of its own"):
        writer.add(shapeless)


def test_an_abandoned_dataset_is_not_left_behind(tmp_path):
    writer = LeRobotWriter(tmp_path / "set", demo_profile())
    writer.add(invented_episode(rows=2))
    writer.abandon()
    assert not (tmp_path / "set").exists()


def test_an_existing_folder_is_not_written_into(root):
    with pytest.raises(ConfigError, match="name a new folder"):
        LeRobotWriter(root, demo_profile())


def test_a_step_rate_that_is_no_whole_number_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="whole ones"):
        LeRobotWriter(tmp_path / "set", demo_profile(step_period=0.15))


@pytest.mark.parametrize("content", [None, "{", '{"codebase_version": "v2.1"}'])
def test_what_is_no_dataset_is_named(tmp_path, content):
    (tmp_path / "meta").mkdir()
    if content is not None:
        (tmp_path / "meta/info.json").write_text(content)
    with pytest.raises(ConfigError, match=r"is no dataset|LeRobot version"):
        LeRobotDataset.open(tmp_path)
