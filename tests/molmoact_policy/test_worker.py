"""The reasoning thread against a scripted backend."""

import threading

import numpy as np

from molmoact.runtime.backend import Action
from molmoact_policy.execution import ExecutionGate
from molmoact_policy.thinking import ThoughtStage
from molmoact_policy.worker import ReasoningWorker
from support.scripted_policy import ScriptedBackend, observation


class OneObservationDesk:
    """Gives one observation, then none."""

    def __init__(self) -> None:
        self.gate = ExecutionGate("open_loop", longest_chunk_ns=1)
        self.left = [observation()]

    def observe(self, now_ns: int):
        return self.left.pop() if self.left else None

    def cancelled(self, _) -> str:
        return ""


def run_until_published(backend, count: int) -> tuple[list, ReasoningWorker]:
    published, enough = [], threading.Event()

    def publish(thought) -> None:
        published.append(thought)
        if len(published) == count:
            enough.set()

    worker = ReasoningWorker(OneObservationDesk(), backend, ("arm",), lambda: 1, publish)
    worker.start()
    enough.wait(5)
    assert worker.close(5)
    return published, worker


def test_an_observation_on_the_desk_is_answered_and_the_gate_told():
    published, worker = run_until_published(ScriptedBackend([Action(np.zeros((2, 7)))]), 2)
    assert [t.stage for t in published] == [ThoughtStage.OBSERVED, ThoughtStage.ACTION]
    assert worker._desk.gate.observe_after(2) is None
    assert worker.failure is None


def test_a_failing_backend_is_kept_for_the_node_to_end_with():
    class Failing(ScriptedBackend):
        def reason(self, observation):
            raise RuntimeError("out of memory")

    _, worker = run_until_published(Failing([]), 1)
    assert str(worker.failure) == "out of memory"
