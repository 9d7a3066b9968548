"""How a script is driven: answers, deadlines, refusals; with a client that answers by hand."""

from types import SimpleNamespace

import pytest

from trial_runner.graph_view import GraphView
from trial_runner.script import Call, ScriptError, ScriptRunner, Until


class HandClient:
    """Answers a call only when the test says so."""

    def __init__(self) -> None:
        self.view = GraphView()
        self.calls: list[tuple[str, dict]] = []
        self.response = None

    def begin_call(self, service, fields):
        self.calls.append((service, fields))
        self.response = None
        return self

    def answer(self, success=True, message="", **more) -> None:
        self.response = SimpleNamespace(success=success, message=message, **more)


def test_a_call_is_made_once_and_its_response_sent_into_the_script():
    client, got = HandClient(), []

    def script():
        got.append((yield Call("bridge/start", 5, {})))

    runner = ScriptRunner(script(), client)
    assert runner.advance(0.0)
    assert runner.advance(1.0)
    client.answer(message="going")
    assert not runner.advance(2.0)
    assert client.calls == [("bridge/start", {})]
    assert got[0].message == "going"


def test_a_refusal_ends_the_script_with_its_reason():
    client = HandClient()
    runner = ScriptRunner(iter_once(Call("bridge/start", 5, {})), client)
    runner.advance(0.0)
    client.answer(success=False, message="arm is away from home; call home")
    with pytest.raises(ScriptError, match="bridge/start refused: arm is away from home"):
        runner.advance(0.1)


def test_a_service_that_does_not_answer_is_named():
    runner = ScriptRunner(iter_once(Call("bridge/home", 5, {})), HandClient())
    runner.advance(0.0)
    assert runner.advance(5.0)
    with pytest.raises(ScriptError, match="bridge/home did not answer within 5 s"):
        runner.advance(5.1)


def test_waiting_ends_when_the_view_shows_it_or_the_deadline_passes():
    client = HandClient()
    runner = ScriptRunner(iter_once(Until("success", lambda view: view.success, 10)), client)
    assert runner.advance(0.0)
    assert runner.advance(9.0)
    client.view.success = True
    assert not runner.advance(9.5)

    late = ScriptRunner(iter_once(Until("a miracle", lambda view: False, 10)), client)
    late.advance(0.0)
    with pytest.raises(ScriptError, match="a miracle did not happen within 10 s"):
        late.advance(10.1)


def iter_once(step):
    yield step
