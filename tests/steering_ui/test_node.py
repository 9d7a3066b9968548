"""The node on the graph: chunks on their way, holds, and what is shown."""

import time

import numpy as np
import pytest
from molmoact_ros.msg import ArmState, ChunkStatus
from std_msgs.msg import String

from molmoact_common.errors import UserError
from molmoact_common.ros.images import image_to_message
from steering_ui.listening import listen
from support.steering_page import SteeringGraph, Tab, steering_graph

pytestmark = pytest.mark.ros


def test_chunks_pass_unchanged_where_nobody_is_asked(graph):
    proposal = graph.propose(5)
    graph.until(lambda: graph.heard["policy/chunk"])
    assert graph.heard["policy/chunk"] == [proposal]


def test_an_approved_chunk_arrives_whole_or_cut_and_a_rejected_one_as_a_refusal(graph, tab):
    assert tab.say("take_control")["ok"]
    assert tab.say("approval", mode="ask")["ok"]
    whole = graph.propose(1)
    tab.part("approval", lambda part: part["waiting"] == 1)
    assert tab.say("decide", sequence=1, verdict="approve")["ok"]
    graph.propose(2)
    tab.part("approval", lambda part: part["waiting"] == 2)
    assert tab.say("decide", sequence=2, verdict="approve", rows=3)["ok"]
    graph.until(lambda: len(graph.heard["policy/chunk"]) == 2)
    first, second = graph.heard["policy/chunk"]
    assert first == whole
    assert (second.steps, list(second.deltas)) == (3, list(whole.deltas)[:21])
    graph.propose(3)
    tab.part("approval", lambda part: part["waiting"] == 3)
    assert tab.say("decide", sequence=3, verdict="reject")["ok"]
    graph.until(lambda: graph.heard["bridge/chunk_status"])
    (refusal,) = graph.heard["bridge/chunk_status"]
    assert (refusal.sequence, refusal.status) == (3, ChunkStatus.REFUSED)
    assert refusal.reason == "approval: a person said no"


def test_a_chunk_that_nobody_answers_is_declined_when_it_is_too_old():
    with steering_graph(ask=True, approval_limit=0.3) as graph:
        graph.propose(1)
        graph.until(lambda: graph.heard["bridge/chunk_status"])
        assert graph.heard["bridge/chunk_status"][0].reason == "approval: no answer in time"
        assert graph.heard["policy/chunk"] == []


def test_a_controller_whose_connection_breaks_leaves_arms_that_stand_still(graph):
    with graph.socket() as socket:
        tab = Tab(socket)
        assert tab.say("take_control")["ok"]
        graph.state(ArmState.RUNNING, command_step=41, gripper_commanded=0.25)
        tab.part("arm/arm", lambda part: part["step"] == 41)
    graph.until(lambda: graph.heard["teleop/chunk"])
    (standing,) = graph.heard["teleop/chunk"]
    assert standing.command_step == 41
    assert set(standing.deltas) == {0.0, 0.25}
    graph.propose(1)
    time.sleep(0.2)  # nothing may come
    assert graph.heard["policy/chunk"] == []


def test_a_controller_that_falls_silent_is_lost_too():
    with steering_graph(patience=0.5) as graph, graph.socket() as socket:
        tab = Tab(socket)
        assert tab.say("take_control")["ok"]
        tab.part("control", lambda part: part["holder"] == "")
        assert tab.part("approval")["held"] == "the controlling page is gone"


def test_beside_a_graph_that_runs_already_a_hold_is_a_stop():
    with steering_graph(relay=False) as graph, graph.socket() as socket:
        tab = Tab(socket)
        assert tab.say("take_control")["ok"]
        assert "--ui" in tab.say("approval", mode="ask")["said"]
        assert tab.say("hold")["ok"]
        graph.until(lambda: graph.heard["stop"])
        assert graph.heard["stop"][0].data


def test_orders_reach_the_graph_as_they_were_given(graph, tab):
    assert tab.say("take_control")["ok"]
    for kind, fields in (
        ("instruct", {"text": "lift the block"}),
        ("steer", {"traces": {"arm": [[1, 2], [255, 0]]}}),
        ("speed", {"factor": 0.3}),
        ("record", {"action": "mark_success", "note": "n"}),
        ("order", {"name": "home"}),
    ):
        assert tab.say(kind, **fields)["ok"], kind
    calls = dict(graph.calls)
    assert calls["policy/set_instruction"].instruction == "lift the block"
    (trace,) = calls["policy/set_trace"].traces
    assert (trace.arm, list(trace.x), list(trace.y)) == ("arm", [1, 255], [2, 0])
    assert calls["bridge/set_speed_factor"].speed_factor == 0.3
    assert (calls["recorder/episode"].command, calls["recorder/episode"].note) == (4, "n")
    assert "bridge/home" in calls


def test_what_the_graph_says_is_shown(graph, tab):
    graph.instruction.publish(String(data="lift the block"))
    graph.state(ArmState.RUNNING, command_step=3)
    graph.think(sequence=9, traces={"arm": ((1, 2), (3, 4))}, text="because", model="m")
    graph.propose(9)
    names = ("instruction", "thought", "plan")
    shown = {}
    while set(shown) < {*names, "arm/arm"}:
        shown |= next_part(tab)
    assert shown["instruction"] == "lift the block"
    assert (shown["thought"]["text"], shown["thought"]["traces"]) == ("because", {"arm": [[1, 2], [3, 4]]})
    assert shown["arm/arm"]["mode"] == "running"
    assert shown["plan"]["sequence"] == 9


def next_part(tab):
    import json  # noqa: PLC0415

    data = tab.socket.recv(timeout=30)
    message = json.loads(data) if isinstance(data, str) else {}
    wanted = {"instruction", "thought", "plan", "arm/arm"}
    return {message["name"]: message["value"]} if message.get("name") in wanted else {}


def test_pictures_are_sent_to_those_who_look(graph, tab):
    while True:
        graph.image(np.full((24, 32, 3), 128, np.uint8))
        data = tab.socket.recv(timeout=30)
        if isinstance(data, bytes):
            break
    assert data[0] == 0
    assert data[1:3] == b"\xff\xd8"


def test_a_camera_of_another_kind_is_told_once_and_ends_nothing(graph, tab):
    lines = []
    graph.page._eyes._log = lines.append
    message = image_to_message(np.zeros((4, 4), np.uint16), "16UC1", graph.now_ns, "front")
    graph.until(lambda: graph.images.publish(message) or lines)
    assert lines == ["camera front cannot be shown: an image in 16UC1 cannot be had in rgb8"]
    assert tab.say("take_control")["ok"]
    assert graph.page._page.failure is None


def test_a_chunk_that_is_none_goes_on_to_the_bridge_which_says_so(graph):
    message = graph.propose(1)
    graph.until(lambda: graph.heard["policy/chunk"])
    message.sequence, message.deltas = 2, [float("nan")] * len(message.deltas)
    graph.proposals.publish(message)
    graph.until(lambda: len(graph.heard["policy/chunk"]) == 2)


def test_a_port_in_use_is_told_in_a_line(graph):
    with pytest.raises(UserError, match=f"cannot listen on 127.0.0.1:{graph.page.port}: .*; choose another port"):
        listen("127.0.0.1", graph.page.port)


def test_the_token_may_come_from_the_surroundings(monkeypatch):
    monkeypatch.setenv("MOLMOACT_STEERING_TOKEN", "chosen")
    with steering_graph() as graph:
        assert isinstance(graph, SteeringGraph)
        assert graph.login()
        assert graph.page.token == "chosen"
