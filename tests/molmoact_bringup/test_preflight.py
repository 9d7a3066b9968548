"""What cannot work is refused before anything is started."""

import json
import shutil
import socket
import sys

import pytest

from molmoact.tiny import make_tiny_checkpoint
from molmoact_bringup.graphs import cell_graph, duo_graph, single_arm_graph
from molmoact_bringup.options import CellOptions, DuoOptions, SingleArmOptions
from molmoact_bringup.preflight import preflight
from molmoact_common.errors import ConfigError, UserError

HOST = "127.0.66.3"


@pytest.fixture(autouse=True)
def pure_environment(monkeypatch):
    monkeypatch.setenv("AMENT_PREFIX_PATH", sys.prefix)


def check(places, schema=CellOptions, build=cell_graph, **chosen):
    host = {"robot_host": HOST} if "robot_host" in schema.model_fields else {}
    options = schema(**{**host, **chosen})
    preflight(options, build(options, places))


@pytest.fixture(scope="module")
def tiny_checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    make_tiny_checkpoint(folder)
    return folder


def test_the_shipped_configuration_is_well(places, tiny_checkpoint):
    check(places)
    check(places, SingleArmOptions, single_arm_graph, policy="tiny", checkpoint=str(tiny_checkpoint))
    check(places, cell="duo")
    check(places, DuoOptions, duo_graph, policy="tiny", checkpoint=str(tiny_checkpoint))


@pytest.mark.parametrize("policy", ["tiny", "molmoact_7b_d"])
def test_a_policy_that_needs_a_checkpoint_says_so(places, policy):
    with pytest.raises(UserError, match="names no checkpoint"):
        check(places, policy=policy)


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
    with pytest.raises(UserError, match=r"no checkpoint folder .*/absent"):
        check(places, policy="tiny", checkpoint=str(tmp_path / "absent"))


def test_a_damaged_checkpoint_is_refused_before_anything_starts(places, tiny_checkpoint, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_checkpoint, damaged)
    config = json.loads((damaged / "config.json").read_text())
    (damaged / "config.json").write_text(json.dumps({**config, "model_type": "llama"}))
    with pytest.raises(UserError, match="llama"):
        check(places, policy="tiny", checkpoint=str(damaged))


def test_a_port_in_use_is_named_with_what_to_do(places):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, 1337))
        listener.listen()
        with pytest.raises(UserError, match=rf"^{HOST} port 1337 in use; .*--robot-host"):
            check(places)


def test_the_second_arms_port_is_looked_at_too(places):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.66.4", 1337))
        listener.listen()
        with pytest.raises(UserError, match=r"^127\.0\.66\.4 port 1337 in use"):
            check(places, cell="duo")
