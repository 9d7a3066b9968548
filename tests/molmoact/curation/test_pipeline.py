"""From a dataset to row sets: what lies there, that it can be gone on with, and that others can read it."""

import json

import pyarrow.parquet as pq
import pytest
import torch

from molmoact.curation.engine import ProcessPool, run_here
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.curation.pipeline import curate
from molmoact.curation.rows import Kind
from molmoact.curation.settings import CurationSettings
from molmoact.profile import load_profile
from molmoact.protocol.answer import parse_answer
from molmoact.protocol.statistics import choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact.training.rows import RowSet
from molmoact_common.errors import CheckpointError, ConfigError
from support.invented_episode import INSTRUCTION, demo_profile, invented_episode
from support.small_depth_model import small_depth_model

ROWS = (5, 3, 4)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "blocks"
    writer = LeRobotWriter(root, demo_profile())
    for seed, rows in enumerate(ROWS):
        writer.add(invented_episode(rows=rows, seed=seed))
    writer.close()
    return root


@pytest.fixture(scope="module")
def settings(golden_dir):
    return CurationSettings(codebook=golden_dir / "vqvae/small.safetensors", steps=2)


@pytest.fixture(scope="module")
def made(dataset, settings, tmp_path_factory):
    output = tmp_path_factory.mktemp("rows") / "blocks"
    return output, curate(dataset, output, settings)


def contents(output):
    return {path.relative_to(output): path.read_bytes() for path in sorted(output.rglob("*")) if path.is_file()}


def test_every_frame_makes_its_rows_and_the_report_counts_them(made):
    output, report = made
    # the last frame of an episode has one point left, which draws nothing
    assert (report.frames, report.rows) == (
        12, {Kind.REASONING: 12, Kind.CONDITIONED: 9, Kind.DEPTH: 12, Kind.TRACE: 12}
    )  # fmt: skip
    assert {path.name for path in output.iterdir()} == {
        "curation.json", "dataset_statistics.json", "profile.yaml", "reasoning", "conditioned", "depth", "trace"
    }  # fmt: skip


def test_the_trainer_reads_the_rows(made):
    output, _ = made
    reasoning, conditioned = RowSet(output / "reasoning"), RowSet(output / "conditioned")
    assert (len(reasoning), reasoning.views) == (12, ("image", "wrist"))
    row = reasoning.row(0)
    assert [image.shape for image in row.images] == [(48, 64, 3)] * 2
    ((asked, answer),) = row.dialogue
    assert INSTRUCTION in asked
    read = parse_answer(f" {answer}", ActionSymbols.printed(), steps=2)
    assert len(read.depth) == 100
    assert len(conditioned.row(0).drawn[0]) == 5
    assert RowSet(output / "depth").views == ("image",)


def test_statistics_and_profile_are_what_a_checkpoint_needs(made):
    output, _ = made
    for folder in (output, output / "reasoning"):
        statistics = choose_statistics(json.loads((folder / "dataset_statistics.json").read_text()))
        assert (statistics.key, statistics.dof) == ("blocks", 7)
    profile = load_profile(output / "profile.yaml")
    assert (profile.steps, profile.deltas, profile.gripper) == (2, "commanded", "one_is_open")


def test_the_card_says_what_the_rows_are(made):
    output, _ = made
    card = json.loads((output / "conditioned/rows.json").read_text())
    assert (card["protocol"], card["rows"], card["steps"]) == (1, 9, 2)
    assert card["views"] == {"image": "front", "wrist": "wrist"}


@pytest.mark.slow
def test_a_pool_of_processes_makes_the_very_same_files(dataset, settings, made, tmp_path):
    curate(dataset, tmp_path / "rows", settings, ProcessPool(2))
    assert contents(tmp_path / "rows") == contents(made[0])


def test_an_interrupted_run_goes_on_where_it_was(dataset, settings, made, tmp_path):
    def dies_after_one(work, job, numbers):
        for number in list(numbers)[:1]:
            yield work(job, number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        curate(dataset, tmp_path / "rows", settings, dies_after_one)
    assert not (tmp_path / "rows/reasoning/rows.json").exists()
    told, worked = [], []

    def counting(work, job, numbers):
        worked.extend(numbers)
        return run_here(work, job, numbers)

    curate(dataset, tmp_path / "rows", settings, counting, told.append)
    assert worked == [1, 2]
    assert sorted(told) == sorted(ROWS)
    assert contents(tmp_path / "rows") == contents(made[0])


def test_rows_of_two_ways_are_not_mixed(dataset, settings, made):
    with pytest.raises(ConfigError, match="other settings"):
        curate(dataset, made[0], settings.model_copy(update={"steps": 4}))


def test_a_dataset_without_depth_is_told_so(tmp_path, settings):
    episode = invented_episode(rows=3)
    writer = LeRobotWriter(tmp_path / "set", demo_profile())
    writer.add(type(episode)(**{**{name: getattr(episode, name) for name in episode.__slots__}, "depth": []}))
    writer.close()
    with pytest.raises(ConfigError, match="no depth of front"):
        curate(tmp_path / "set", tmp_path / "rows", settings)
    plain = CurationSettings(depth="none", kinds=(Kind.CONDITIONED, Kind.TRACE))
    assert curate(tmp_path / "set", tmp_path / "rows", plain).rows == {Kind.CONDITIONED: 2, Kind.TRACE: 3}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "need a codebook"),
        ({"depth": "estimated", "codebook": "x"}, "needs depth_model"),
        ({"depth": "none"}, "need depth"),
        ({"kinds": ["poems"], "depth": "none"}, "kinds"),
    ],
)
def test_settings_that_cannot_work_are_refused(values, said):
    with pytest.raises(ValueError, match=said):
        CurationSettings.model_validate(values)


def test_two_arms_keep_two_drawn_traces(tmp_path):
    profile = demo_profile(arms=("left", "right"))
    writer = LeRobotWriter(tmp_path / "set", profile)
    writer.add(invented_episode(rows=4, profile=profile))
    writer.close()
    curate(tmp_path / "set", tmp_path / "rows", CurationSettings(depth="none", kinds=(Kind.CONDITIONED,)))
    (row,) = pq.read_table(tmp_path / "rows/conditioned/shard-00000.parquet").to_pylist()[:1]
    assert len(row["annotation"]) == 2
    assert len(RowSet(tmp_path / "rows/conditioned").row(0).drawn) == 2


@pytest.mark.slow
def test_depth_can_be_estimated_from_colour(dataset, settings, tmp_path):
    torch.set_num_threads(1)
    small_depth_model().save_pretrained(tmp_path / "model")
    estimated = settings.model_copy(
        update={"depth": "estimated", "depth_model": tmp_path / "model", "kinds": (Kind.DEPTH,)}
    )
    assert curate(dataset, tmp_path / "rows", estimated).rows == {Kind.DEPTH: 12}
    ((_, answer),) = RowSet(tmp_path / "rows/depth").row(0).dialogue
    assert answer.count("<DEPTH_") == 102


def test_a_depth_model_that_is_not_there_is_named(dataset, settings, tmp_path):
    absent = settings.model_copy(update={"depth": "estimated", "depth_model": tmp_path / "none"})
    with pytest.raises(CheckpointError, match="cannot load the depth model"):
        curate(dataset, tmp_path / "rows", absent)
