"""The command line: mistakes are one line and exit code 2, and help is quick to load."""

import subprocess
import sys

import pytest

from molmoact_bringup import up_command
from molmoact_bringup.main import main
from molmoact_common.ros import nodes


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["molmoact", *words])
    try:
        return main()
    except SystemExit as ended:
        return ended.code


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["up", "cell", "--policy", "wrong"], "no policy configuration 'wrong'; there are: "),
        (["up", "cell", "--namespace", "a b"], "option: namespace: "),
        (["up", "single-arm", "--robot", "nowhere.yaml"], "no file nowhere.yaml; "),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_folder(monkeypatch, capsys, stock, tmp_path, words, line):
    monkeypatch.setattr(nodes, "share_directory", lambda: stock.config.parent)
    runs = tmp_path / "runs"
    assert run(monkeypatch, *words, "--runs", str(runs)) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith(line)
    assert not runs.exists()


@pytest.mark.parametrize("words", [["up", "cell", "--seed", "x"], ["up", "cell", "--time", "fast"], ["wrong"]])
def test_what_is_no_option_is_refused(monkeypatch, capsys, words):
    assert run(monkeypatch, *words) == 2
    assert "Error: " in capsys.readouterr().err


def test_options_reach_the_graph_validated(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(up_command, "_bring_up", lambda options, *_: seen.append(options))
    assert run(monkeypatch, "up", "cell", "--seed", "3", "--no-record", "--execution", "async") == 0
    (options,) = seen
    assert (options.seed, options.record, options.execution, options.cell) == (3, False, "async", "solo")


COMMANDS = "up;up cell;up single-arm;up duo;arm;arm home;arm start;arm stop;arm recover;"
COMMANDS += "instruct;demo;replay;reason;tiny;doctor;train;merge;export"


@pytest.mark.parametrize("words", [[], *(command.split() for command in COMMANDS.split(";"))])
def test_every_command_explains_itself(monkeypatch, capsys, words):
    assert run(monkeypatch, *words, "--help") == 0
    shown = capsys.readouterr().out
    assert "molmoact " in shown
    assert "Example: " in shown or words in ([], ["up"], ["arm"])


def test_help_loads_neither_ros_nor_torch():
    probe = "import molmoact_bringup.main, sys; print({'rclpy', 'torch', 'mujoco'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert output == "set()\n"
