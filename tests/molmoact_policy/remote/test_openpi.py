"""The openpi backend against a small server of its protocol, and against one that hangs, lies, breaks off, babbles."""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest

from molmoact.runtime.backend import Action, Pass, Preprocessed, Refused
from molmoact_common.errors import ConfigError, UnreachableError
from molmoact_policy.remote.openpi import check, load
from support.openpi_server import deaf_openpi_server, openpi_server

TWICE = {"views": {"front": {"key": "image", "width": 32, "height": 32}}, "prompt": "image"}
ROWS = np.tile(np.array([0.01, 0, 0, 0, 0, 0.1, 1.0], np.float32), (10, 1))


def actions(connection, request):
    return {"actions": ROWS, "policy_timing": {"infer_ms": np.float64(12.0)}}


@pytest.fixture
def server():
    with openpi_server(actions) as running:
        yield running


@pytest.fixture
def backend(server, settings):
    made = load(settings(url=server.url, connect_seconds=2.0, answer_seconds=2.0))
    yield made
    made.close()


def last(backend, observation):
    return list(backend.reason(observation))[-1]


def test_an_observation_goes_out_as_mapped_and_comes_back_as_deltas(server, backend, observation):
    stages = list(backend.reason(observation))
    assert isinstance(stages[0], Preprocessed)
    assert len(stages[0].digest) == 64
    (sent,) = server.requests
    assert set(sent) == {"observation/image", "observation/wrist_image", "observation/state", "prompt"}
    assert sent["observation/image"].shape == (32, 32, 3)
    assert sent["observation/image"].dtype == np.uint8
    assert sent["observation/image"][:4].max() == 0  # the bar that keeps the aspect
    assert sent["observation/state"] == pytest.approx([0.4, 0.1, 0.3, np.pi, 0, 0, 0.75])
    assert sent["prompt"] == "close the drawer"
    answer = stages[-1]
    assert isinstance(answer, Action)
    assert answer.deltas.shape == (4, 7)  # the profile's steps, of ten
    assert answer.deltas[0] == pytest.approx([0.01, 0, 0, 0, 0, 0.1, 0.0])  # one is closed


def test_one_connection_serves_every_question(server, backend, observation):
    backend.warm_up()
    for _ in range(3):
        assert isinstance(last(backend, observation), Action)
    assert len(server.headers) == 1
    assert len(server.requests) == 4  # the first is the blank one


def test_the_key_comes_from_the_environment(server, settings, observation, monkeypatch):
    options = settings(url=server.url, api_key_variable="POLICY_KEY")
    with pytest.raises(ConfigError, match="POLICY_KEY"):
        check(options)
    monkeypatch.setenv("POLICY_KEY", "secret")
    backend = load(options)
    assert isinstance(last(backend, observation), Action)
    assert server.headers[0]["Authorization"] == "Api-Key secret"
    backend.close()


def test_waiting_ends_at_the_deadline_and_the_late_answer_is_not_taken_for_the_next(server, settings, observation):
    release = threading.Event()

    def late(connection, request):
        release.wait(20)
        return {"actions": np.full((4, 7), 0.5)}

    server.behaviour = late
    backend = load(settings(url=server.url, answer_seconds=0.3))
    stages = list(backend.reason(observation))
    assert [type(stage) for stage in stages[1:-1]] == [Pass] * 3
    assert "no answer within 0.3 s" in stages[-1].why
    release.set()
    server.behaviour = actions
    assert last(backend, observation).deltas[0, 0] == pytest.approx(0.01)
    assert len(server.headers) == 2
    backend.close()


def test_a_cancelled_question_leaves_no_answer_behind(server, backend, observation):
    release = threading.Event()
    server.behaviour = lambda connection, request: release.wait(20) and {"actions": np.full((4, 7), 0.5)}
    thinking = backend.reason(observation)
    assert isinstance(next(thinking), Preprocessed)
    assert isinstance(next(thinking), Pass)
    thinking.close()
    release.set()
    server.behaviour = actions
    assert last(backend, observation).deltas[0, 0] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Traceback (most recent call last):\n  File\nKeyError: 'observation/image'", "KeyError: 'observation/image'"),
        (b"\xc1garbage", "no msgpack message"),
        (b"\x93\x01", "no msgpack message"),
        ({"action": ROWS}, "no 'actions', but action"),
        ({"actions": "nothing"}, "no array of numbers, but str"),
        ({"actions": ROWS[:, :6]}, r"shape \(10, 6\)"),
        ({"actions": ROWS[:3]}, r"shape \(3, 7\).*at least 4 rows of 7"),
        ({"actions": ROWS[None]}, r"shape \(1, 10, 7\)"),
        ({"actions": np.where(np.arange(70).reshape(10, 7) == 9, np.nan, ROWS)}, "nan in step 1, column 2"),
        ({"actions": ROWS * 100}, "gripper numbers 100 to 100 are far outside 0 to 1"),
    ],
)
def test_a_wrong_answer_is_refused_and_the_next_one_counts(server, backend, observation, answer, said):
    server.behaviour = lambda connection, request: answer
    refused = last(backend, observation)
    assert isinstance(refused, Refused)
    assert re.search(said, refused.why), refused.why
    server.behaviour = actions
    assert isinstance(last(backend, observation), Action)


def test_a_server_that_breaks_off_is_asked_anew(server, backend, observation):
    server.behaviour = lambda connection, request: connection.close()
    assert "the connection broke" in last(backend, observation).why
    server.behaviour = actions
    assert isinstance(last(backend, observation), Action)


def test_a_server_that_is_gone_is_refused_until_it_is_back(settings, observation):
    with openpi_server(actions) as server:
        backend = load(settings(url=server.url, connect_seconds=1.0))
        assert isinstance(last(backend, observation), Action)
    assert isinstance(last(backend, observation), Refused)
    assert "cannot connect" in last(backend, observation).why


def test_nobody_there_is_one_line_at_the_start(settings):
    backend = load(settings(url="ws://127.0.0.1:9", connect_seconds=0.5))
    with pytest.raises(UnreachableError, match=r"cannot connect.*is the server up"):
        backend.warm_up()


def test_a_mapping_that_does_not_fit_shows_at_the_start(server, backend):
    server.behaviour = lambda connection, request: {"actions": np.zeros((8, 14))}
    with pytest.raises(ConfigError, match="correct the policy file's action mapping"):
        backend.warm_up()


def test_a_server_that_stops_reading_blocks_nobody(settings, observation):
    large = {"front": {"key": "a", "width": 1920, "height": 1920}, "wrist": {"key": "b", "width": 1920, "height": 1920}}
    with deaf_openpi_server() as url:
        backend = load(settings(url=url, connect_seconds=0.5, observation={"views": large}))
        assert "the connection broke" in last(backend, observation).why
        backend.close()


@pytest.mark.parametrize("hello", ["hello", b"\xc1", None])
def test_whoever_does_not_say_hello_is_no_policy_server(server, settings, observation, hello):
    server.hello = hello
    backend = load(settings(url=server.url, connect_seconds=0.3))
    for _ in range(2):  # the second time too: such a connection is not kept
        assert isinstance(last(backend, observation), Refused)
    assert server.requests == []
    backend.close()


def test_what_cannot_be_mapped_is_not_sent(server, backend, observation):
    drawn = replace(observation, drawn={"arm": ((1, 1), (9, 9))})
    assert "cannot be steered" in last(backend, drawn).why
    assert "lacks arm" in last(backend, replace(observation, arms={})).why
    unknown = replace(observation.arms["arm"], gripper_opening=float("nan"))
    assert "opening is not known" in last(backend, replace(observation, arms={"arm": unknown})).why
    assert server.requests == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "http://there"}, "url"),
        ({"actoin": {}}, "actoin"),
        ({"observation": TWICE}, "meet in image"),
        ({"observation": {**TWICE, "prompt": ["image", "text"]}}, "meet in image"),
        ({"action": {"gripper_range": [1, -1]}}, "smallest, largest"),
        ({"action": {"rotation": "rotation_6d"}}, "other forms are for absolute poses"),
        ({"action": {"columns": [{}, {}]}}, "action.columns has 2 arms, the profile 1"),
        ({"observation": {"views": {"top": {"key": "image", "width": 32, "height": 32}}}}, "must be those of profile"),
    ],
)
def test_a_wrong_policy_file_is_refused_before_anyone_is_called(settings, options, said):
    with pytest.raises(ConfigError, match=said):
        check(settings(**options))
