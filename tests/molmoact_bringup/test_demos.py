"""`molmoact demos`: in process from its command line to rows, and the graph and the orders of recorded ones."""

import sys
from pathlib import Path

import pytest

from demo_recorder.takes import Command
from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact_bringup.demos import DemosReport, task_names
from molmoact_bringup.demos_command import DemosOptions
from molmoact_bringup.demos_recorded import begin_take, demos_graph, end_take
from molmoact_bringup.main import main
from molmoact_common.errors import ConfigError
from trial_runner.episode import EpisodePlan, EpisodeResult

CONFIG = Path(__file__).parents[2] / "config"


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["molmoact", *map(str, words)])
    try:
        return main()
    except SystemExit as ended:
        return ended.code


@pytest.mark.slow
def test_demonstrations_in_process_become_dataset_and_rows(monkeypatch, capsys, tmp_path, golden_dir):
    codebook = golden_dir / "vqvae/small.safetensors"
    words = ["demos", tmp_path / "out", "--number", 2, "--tasks", "lift_block", "--in-process", "--processes", 1]
    assert run(monkeypatch, *words, "--codebook", codebook) == 0
    told = capsys.readouterr().out
    assert "lift_block" in told
    assert "reasoning" in told
    dataset = LeRobotDataset.open(tmp_path / "out/dataset")
    assert len(dataset) == 2
    assert {"seed 0", "seed 1"} == {entry["source"].split(", ")[1] for entry in dataset.table}
    assert run(monkeypatch, *words) == 2
    assert "holds a dataset already" in capsys.readouterr().err


def test_the_table_counts_what_was_kept_and_why_the_rest_was_not():
    report = DemosReport()
    report.keep("lift", 80)
    report.keep("lift", 70)
    report.refuse("stack", "failure")
    report.refuse("stack", "failure")
    columns = [list(column.cells) for column in report.table().columns]
    assert columns == [["lift", "stack"], ["2", "0"], ["150", "0"], ["0", "2"], ["", "failure (2)"]]
    assert report.lost == 2


@pytest.mark.parametrize(("tasks", "said"), [(" , ", "no tasks"), ("lift_block,juggle", "there are:")])
def test_tasks_that_there_are_not_are_refused(tasks, said):
    with pytest.raises(ConfigError, match=said):
        task_names(DemosOptions(tasks=tasks), CONFIG)


def test_the_graph_has_the_expert_depth_in_front_and_a_recorder_of_takes(tmp_path):
    graph = demos_graph(DemosOptions(), tmp_path, CONFIG, "lift_block")
    nodes = {node.name: node for node in graph.nodes}
    assert Path(nodes["policy"].parameters["policy_config"]).stem == "expert"
    assert Path(nodes["camera_front"].parameters["camera_config"]).stem == "cell_front_depth"
    assert Path(nodes["camera_wrist"].parameters["camera_config"]).stem == "cell_wrist"
    recorder = nodes["recorder"].parameters
    assert recorder["takes"] == str(tmp_path / "takes")
    assert recorder["use_sim_time"] is True
    assert "output" not in recorder
    assert Path(recorder["contract"]).stem == "demonstration"


@pytest.mark.parametrize(("success", "mark"), [(True, Command.MARK_SUCCESS), (False, Command.MARK_FAILURE)])
def test_a_take_begins_with_its_words_and_ends_marked_and_kept(success, mark):
    plan, result = EpisodePlan("lift_block", 4), EpisodeResult(4, instruction="lift it", success=success)
    (begin,) = begin_take(plan, result)
    assert begin.fields == {"command": Command.START, "instruction": "lift it", "task": "lift_block", "note": "seed 4"}
    assert [call.fields["command"] for call in end_take(plan, result)] == [mark, Command.KEEP]
