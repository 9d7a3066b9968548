"""What cannot work is refused before anything is started."""

import socket
import sys

import pytest

from molmoact_bringup.graphs import cell_graph, single_arm_graph
from molmoact_bringup.options import CellOptions, SingleArmOptions
from molmoact_bringup.preflight import preflight
from molmoact_common.errors import ConfigError, UserError

HOST = "127.0.66.3"


@pytest.fixture(autouse=True)
def pure_environment(monkeypatch):
    monkeypatch.setenv("AMENT_PREFIX_PATH", sys.prefix)


def check(places, schema=CellOptions, build=cell_graph, **chosen):
    options = schema(**{"robot_host": HOST, **chosen})
    preflight(options, build(options, places))


def test_the_shipped_configuration_is_well(places):
    check(places)
    check(places, SingleArmOptions, single_arm_graph)


@pytest.mark.parametrize(
    ("option", "content", "named"),
    [
        ("robot", "arms: {}", "arms"),
        ("safety", "speed_cap: fast", "speed_cap"),
        ("policy", "backend: sim_cell.expert_backend:load\nexecution: later", "execution"),
        ("recording", "name: 1", "name"),
    ],
)
def test_an_invalid_file_is_one_line_that_names_file_and_field(places, tmp_path, option, content, named):
    path = tmp_path / "own.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as refused:
        check(places, **{option: str(path)})
    assert str(refused.value).startswith(f"{path}: {named}")
    assert "\n" not in str(refused.value)


def test_a_camera_file_is_checked_too(places, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("model: D999")
    with pytest.raises(ConfigError, match="model"):
        check(places, SingleArmOptions, single_arm_graph, front_camera=str(path))


def test_a_checkpoint_that_is_not_there_is_named(places, tmp_path):
    with pytest.raises(UserError, match=r"no checkpoint in .*/absent"):
        check(places, checkpoint=str(tmp_path / "absent"))


def test_a_port_in_use_is_named_with_what_to_do(places):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, 1337))
        listener.listen()
        with pytest.raises(UserError, match=rf"^{HOST} port 1337 in use; .*--robot-host"):
            check(places)
