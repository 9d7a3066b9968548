from pathlib import Path

import numpy as np
import pytest

from bench.closed_loop_trials import Conduct, drawn_trace, run_trial
from molmoact.nano.checkpoint import nano_profile
from molmoact.runtime.backend import Action, Preprocessed, Refused
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.expert import expert_rows
from sim_cell.render_model import cache_directory
from sim_cell.settings import load_scene
from sim_cell.tasks import load_task, make_episode

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="module")
def cell():
    made = InProcessCell(load_scene(CONFIG / "cell/solo.yaml").at_height(24), nano_profile(), cache_directory())
    yield made
    made.close()


@pytest.fixture
def episode(cell):
    return make_episode("lift_block", load_task(CONFIG / "tasks", "lift_block"), cell.scene, 5)


class Scripted:
    """Answers with what a rule of the cell's state says, as a backend does."""

    name, profile = "scripted", nano_profile()

    def __init__(self, rule):
        self.seen = []
        self._rule = rule

    def reason(self, observation):
        self.seen.append(observation)
        yield Preprocessed()
        yield self._rule()


def test_a_policy_that_does_what_the_expert_does_succeeds(cell, episode):
    backend = Scripted(lambda: Action(expert_rows(cell, 8)))
    outcome = run_trial(cell, backend, episode, Conduct())
    assert (outcome.success, outcome.wrong, outcome.refused) == (True, False, 0)
    assert outcome.nearest < 0.02
    assert len(backend.seen) == -(-outcome.rows // 8)
    assert set(backend.seen[0].views) == {"front", "wrist"}
    assert not backend.seen[0].drawn


def test_refused_answers_and_chunks_that_the_gate_refuses_move_nothing(cell, episode):
    far = np.zeros((8, 7))
    far[:, 0] = 0.5
    for rule in (lambda: Refused("why"), lambda: Action(far)):
        outcome = run_trial(cell, Scripted(rule), episode, Conduct(longest=8))
        assert (outcome.success, outcome.rows, outcome.refused) == (False, 8, 2)
    start = episode.start[episode.target].position
    assert outcome.nearest > 0.2
    assert np.linalg.norm(cell.commanded.position - start) > 0.2


def test_a_drawn_trace_goes_from_the_hand_to_the_wanted_thing(cell, episode):
    backend = Scripted(lambda: Action(np.zeros((8, 7))))
    run_trial(cell, backend, episode, Conduct(longest=4, draw=True))
    (trace,) = backend.seen[0].drawn.values()
    assert np.abs(np.subtract(trace, drawn_trace(cell))).max() <= 2
    assert 2 <= len(trace) <= 5
    assert trace[0][1] < max(y for _, y in trace)
