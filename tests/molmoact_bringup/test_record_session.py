import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from demo_recorder.takes import Command, RecorderState
from molmoact_bringup.record_command import RecordOptions, record_graph
from molmoact_bringup.record_keys import RecorderView, command_for, picture
from molmoact_bringup.record_session import RecordSession
from molmoact_bringup.teleop_command import scripted_options
from molmoact_common.errors import ConfigError

VIEW = RecorderView(
    state=RecorderState.RECORDING, path="demos/take-0003", instruction="close the drawer", mark=1, seconds=12.3,
    size=3 * 2**20, topics=("/a", "/b"), rates=(15.0, 99.9), lost=(0, 2), warnings=("2 messages lost",),
)  # fmt: skip


class Recorder:
    """What a session needs of its client."""

    def __init__(self, *views: RecorderView) -> None:
        self.views = list(views)
        self.view, self.said, self.orders = RecorderView(), "", []

    def spin(self, seconds: float) -> None:
        if self.views:
            self.view = self.views.pop(0)

    def order(self, command: Command, **fields: str) -> None:
        self.orders.append((command, fields))


@pytest.mark.parametrize(
    ("key", "state", "command"),
    [
        (" ", RecorderState.IDLE, Command.START),
        (" ", RecorderState.RECORDING, Command.KEEP),
        (" ", RecorderState.ENDED, Command.KEEP),
        ("d", RecorderState.ENDED, Command.DISCARD),
        ("r", RecorderState.RECORDING, Command.REDO),
        ("y", RecorderState.RECORDING, Command.MARK_SUCCESS),
        ("x", RecorderState.RECORDING, None),
    ],
)
def test_keys_order_what_the_help_says(key, state, command):
    assert command_for(key, state) is command


def test_picture_shows_rates_losses_warnings_and_the_reason_of_an_end():
    console = Console(file=StringIO(), width=120)
    ended = replace(VIEW, state=RecorderState.ENDED, reason="two clocks")
    console.print(picture(ended, "", "the recorder is still busy"))
    text = console.file.getvalue()
    for word in ("take-0003", "3.0 MiB", "success", "99.9", "2 messages lost", "ended: two clocks", "still busy"):
        assert word in text


def test_take_is_started_with_the_instruction_of_the_sitting():
    client = Recorder()
    session = RecordSession(client, "close the drawer", Console(file=StringIO()))
    for key in (" ", "x"):
        session.press(key)
    assert client.orders == [(Command.START, {"instruction": "close the drawer"})]


def test_without_a_terminal_each_change_is_a_line():
    console = Console(file=StringIO(), width=120)
    ended = replace(VIEW, state=RecorderState.ENDED, reason="two clocks")
    with RecordSession(Recorder(VIEW, VIEW, ended), "", console) as session:
        assert all(session.step(0) for _ in range(3))
    assert [line.split()[0] for line in console.file.getvalue().splitlines()] == ["recording", "ended"]


def test_recorder_is_told_what_is_known_of_the_takes(tmp_path):
    calibration = tmp_path / "front.yaml"
    calibration.write_text("camera: {position: [1, 2, 3]}")
    options = RecordOptions(instruction="lift", operator="ada", cell=True, calibration=f"front={calibration}")
    (node,) = record_graph(tmp_path / "demos", options).nodes
    story = json.loads(str(node.parameters["metadata"]))
    assert (story["operator"], story["calibration"]["front"]["camera"]["position"]) == ("ada", [1, 2, 3])
    assert (node.parameters["takes"], node.parameters["use_sim_time"]) == (str(tmp_path / "demos"), True)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"contract": "none"}, "there are: .*demonstration"), ({"calibration": "front"}, "CAMERA=FILE")],
)
def test_what_is_not_there_is_a_line(tmp_path, change, said):
    with pytest.raises(ConfigError, match=said):
        record_graph(tmp_path, RecordOptions(**change))


def test_expert_gets_its_cell_and_its_instruction():
    assert scripted_options("lift", "/dev/shm/x") == {"instruction": "lift", "options": {"cell_dir": "/dev/shm/x"}}
    assert scripted_options("", "") == {}
