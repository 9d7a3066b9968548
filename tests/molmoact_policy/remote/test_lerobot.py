"""The LeRobot backend against a small server of its protocol, and against one that hangs, lies or sends a trap."""

import pickle
import threading
from dataclasses import replace

import pytest
import torch

from molmoact.runtime.backend import Action, Pass, Refused
from molmoact_common.errors import ConfigError, UnreachableError
from molmoact_policy.remote.lerobot import check, load
from support.lerobot_server import lerobot_server, timed_actions

ROWS = torch.tensor([[0.01, 0, 0, 0, 0, 0.1, 1.0]]).repeat(10, 1)
OBSERVATION = {
    "views": {
        "front": {"key": "observation.images.top", "width": 32, "height": 24},
        "wrist": {"key": "observation.images.hand", "width": 16, "height": 16},
    },
    "states": [{"key": "observation.state", "parts": ["position", "gripper_opening"]}],
    "prompt": "task",
}


def actions(observation) -> bytes:
    return timed_actions(ROWS, observation["timestep"])


@pytest.fixture
def server():
    with lerobot_server(actions) as running:
        yield running


@pytest.fixture
def options(settings):
    def make(where: str, **more):
        given = {"policy_type": "pi0", "pretrained": "lab/pi0-drawer", "device": "cpu", "observation": OBSERVATION}
        given |= {"address": where, "connect_seconds": 2.0, "answer_seconds": 2.0}
        return settings(**{**given, **more})

    return make


@pytest.fixture
def backend(server, options):
    made = load(options(server.address))
    yield made
    made.close()


def last(backend, observation):
    return list(backend.reason(observation))[-1]


def test_the_server_is_told_what_to_load_and_what_it_will_see(server, backend):
    backend.warm_up()
    (told,) = server.set_up
    assert (type(told).__name__, told.module) == ("RemotePolicyConfig", "lerobot.async_inference.helpers")
    assert (told.policy_type, told.pretrained_name_or_path, told.device) == ("pi0", "lab/pi0-drawer", "cpu")
    assert told.lerobot_features["observation.images.top"] == {
        "dtype": "image", "shape": (24, 32, 3), "names": ["height", "width", "channels"],
    }  # fmt: skip
    assert told.lerobot_features["observation.state"]["shape"] == (4,)


def test_an_observation_goes_out_as_its_robots_give_it_and_comes_back_as_deltas(server, backend, observation):
    answer = last(backend, observation)
    (sent,) = server.observations
    assert (type(sent).__name__, sent.timestep, sent.must_go) == ("TimedObservation", 4321, True)
    assert set(sent.observation) == {"top", "hand", "task", "state_0", "state_1", "state_2", "state_3"}
    assert sent.observation["top"].shape == (24, 32, 3)
    assert (sent.observation["state_0"], sent.observation["task"]) == (pytest.approx(0.4), "close the drawer")
    assert isinstance(answer, Action)
    assert answer.deltas[3] == pytest.approx([0.01, 0, 0, 0, 0, 0.1, 0.0], abs=1e-6)
    assert server.states == [[3]]  # one piece is its own end


def test_a_large_observation_goes_out_in_pieces(server, options, observation):
    large = {name: {**view, "width": 1280, "height": 960} for name, view in OBSERVATION["views"].items()}
    backend = load(options(server.address, observation={**OBSERVATION, "views": large}))
    assert isinstance(last(backend, observation), Action)
    assert server.states == [[1, 2, 2, 3]]
    assert server.observations[0].observation["top"].shape == (960, 1280, 3)
    backend.close()


def test_waiting_ends_at_the_deadline(server, options, observation):
    release = threading.Event()
    server.behaviour = lambda seen: release.wait(20) and actions(seen)
    backend = load(options(server.address, answer_seconds=0.2))
    stages = list(backend.reason(observation))
    assert [type(stage) for stage in stages[1:-1]] == [Pass, Pass]
    assert "no answer within 0.2 s" in stages[-1].why
    release.set()
    server.behaviour = actions
    assert isinstance(last(backend, replace(observation, sequence=4400)), Action)
    assert len(server.set_up) == 1  # a late answer is no reason to load the policy again
    backend.close()


def test_an_answer_to_an_older_observation_is_refused(server, backend, observation):
    server.behaviour = lambda seen: timed_actions(ROWS, seen["timestep"] - 8)
    assert "answered observation 4313, asked was 4321" in last(backend, observation).why


class Trap:
    """Would create a file where it is read without care."""

    def __init__(self, path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


WRAPPINGS = [lambda trap: trap, lambda trap: [trap], lambda trap: {"a": torch.ones(2), "b": trap}]


@pytest.mark.parametrize("wrapped", WRAPPINGS)
def test_a_pickle_that_would_call_anything_is_refused_and_not_run(server, backend, observation, tmp_path, wrapped):
    server.behaviour = lambda seen: pickle.dumps(wrapped(Trap(tmp_path / "owned")))
    refused = last(backend, observation)
    assert isinstance(refused, Refused)
    assert "which an answer has no business with" in refused.why
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "its own log says why"),
        (b"garbage", "cannot read the answer"),
        (pickle.dumps([]), "no list of actions"),
        (pickle.dumps([1, 2]), "no list of actions"),
        (pickle.dumps(torch.ones(3, 7)), "no list of actions"),
        (timed_actions(ROWS[:, :6], 4321), r"shape (10, 6)"),
        (timed_actions(ROWS[:2], 4321), r"shape (2, 7)"),
        (timed_actions(ROWS[None], 4321), "no vector of numbers"),
        (timed_actions(ROWS * float("nan"), 4321), "nan in step 0"),
        (timed_actions(torch.ones(1).expand(2_000_000)[None], 4321), "no vector of numbers"),
    ],
)
def test_a_wrong_answer_is_refused_and_the_next_one_counts(server, backend, observation, answer, said):
    server.behaviour = lambda seen: answer
    refused = last(backend, observation)
    assert isinstance(refused, Refused)
    assert said in refused.why
    server.behaviour = actions
    assert isinstance(last(backend, observation), Action)


def test_a_server_that_fails_is_refused_with_its_reason(server, backend, observation):
    def fail(seen):
        raise KeyError("observation.images.top")

    server.behaviour = fail
    assert "observation.images.top" in last(backend, observation).why


def test_a_server_that_gives_nothing_is_set_up_again(server, backend, observation):
    server.behaviour = lambda seen: b""
    assert isinstance(last(backend, observation), Refused)
    server.behaviour = actions
    assert isinstance(last(backend, observation), Action)
    assert len(server.set_up) == 2


def test_nobody_there_is_one_line_at_the_start(options):
    with pytest.raises(UnreachableError, match=r"cannot set the server up: (UNAVAILABLE|DEADLINE).*is the server up"):
        load(options("127.0.0.1:9")).warm_up()


@pytest.mark.parametrize(
    ("options_changed", "said"),
    [
        ({"policy_type": "magic"}, "policy_type"),
        ({"address": "somewhere"}, "address"),
        ({"pretrained": ""}, "no policy is named"),
        ({"observation": {**OBSERVATION, "prompt": "prompt"}}, "prompt's key is task"),
        ({"observation": {**OBSERVATION, "states": []}}, "one state"),
        (
            {"observation": {**OBSERVATION, "views": {"front": {"key": "top", "width": 32, "height": 32}}}},
            "images.NAME",
        ),
    ],
)
def test_a_wrong_policy_file_is_refused_before_anyone_is_called(options, options_changed, said):
    with pytest.raises(ConfigError, match=said):
        check(options("127.0.0.1:8080", **options_changed))


def test_a_checkpoint_on_the_command_line_is_what_the_server_loads(server, options):
    backend = load(replace(options(server.address), checkpoint="lab/other"))
    backend.warm_up()
    assert server.set_up[0].pretrained_name_or_path == "lab/other"
    backend.close()
