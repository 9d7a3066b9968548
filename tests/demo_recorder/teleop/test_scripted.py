from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from demo_recorder.teleop.devices import DeviceLostError
from demo_recorder.teleop.scripted import Scripted, ScriptedOptions, open_scripted
from demo_recorder.teleop.settings import Speeds
from molmoact.profile import CheckpointProfile
from molmoact.runtime.backend import Action, Preprocessed, Refused
from molmoact_common.errors import ConfigError
from support.teleop_views import MS, view

PERIOD = 1 / 15
SPEEDS = Speeds(0.18, 0.6, PERIOD)
PROFILE = {
    "name": "scripted", "steps": 8, "step_period": PERIOD, "arms": ["arm"], "views": ["front"], "frame": "base",
    "rotation": "rotation_vector",
}  # fmt: skip
"""What matters of it here."""


@dataclass
class Answers:
    """A backend that answers with rows that count up, or refuses."""

    profile: object
    refuses: bool = False
    asked: list = field(default_factory=list)

    def reason(self, observation):
        self.asked.append(observation)
        yield Preprocessed()
        if self.refuses:
            yield Refused("no block")
            return
        rows = np.zeros((8, 7))
        rows[:, 0] = 0.001 * (1 + np.arange(8))
        rows[:, 6] = 0.25
        yield Action(rows)

    def close(self) -> None: ...


def device(backend, **options) -> Scripted:
    return Scripted(backend, ScriptedOptions(policy="x.yaml", instruction="lift it", **options), SPEEDS)


def profile(**changes) -> CheckpointProfile:
    return CheckpointProfile.model_construct(**{**PROFILE, "arms": ("arm",), **changes})


def read(one: Scripted, step: int):
    return one.read(0, "arm", {"arm": view(step * 67 * MS, step)})


def test_rows_of_an_answer_are_asked_for_step_by_step():
    backend = Answers(profile())
    one = device(backend)
    assert read(one, 0).neutral
    found = [read(one, step) for step in (0, 0, 1, 2, 3, 4)]
    metres = [reading.translation[0] * SPEEDS.translation * PERIOD for reading in found]
    assert metres == pytest.approx([0.001, 0.001, 0.002, 0.003, 0.004, 0.001])
    assert [observation.command_step for observation in backend.asked] == [0, 4]
    assert (found[0].gripper, found[0].held) == (0.25, True)
    assert backend.asked[0].instruction == "lift it"


def test_devices_in_two_hands_read_one_plan():
    """Each asks for itself; from the same views at the same steps come the same answers."""
    plan = np.arange(8 * 14).reshape(8, 14) * 1e-4

    @dataclass
    class Pair(Answers):
        def reason(self, observation):
            self.asked.append(observation)
            yield Action(plan)

    hands = {arm: device(Pair(profile(arms=("left", "right")))) for arm in ("left", "right")}
    rows = []
    for step in (0, *range(7)):  # the first reading is at rest
        views = {arm: view(step * 67 * MS, step) for arm in hands}
        readings = {arm: hand.read(0, arm, views) for arm, hand in hands.items()}
        rows.append(np.concatenate([readings[arm].translation * SPEEDS.translation * PERIOD for arm in hands]))
    np.testing.assert_allclose(rows[1:], plan[[0, 1, 2, 3, 0, 1, 2]][:, [0, 1, 2, 7, 8, 9]], atol=1e-12)
    asked = [[(one.command_step, set(one.arms)) for one in hand._backend.asked] for hand in hands.values()]
    assert asked == [[(0, {"left", "right"}), (4, {"left", "right"})]] * 2


def test_row_that_makes_no_step_is_not_waited_for_for_ever():
    backend = Answers(profile())
    one = device(backend)
    for cycle in range(60):
        one.read(0, "arm", {"arm": view(cycle * 10 * MS, 0)})
    assert 3 <= len(backend.asked) <= 4


def test_backend_that_refuses_asks_for_nothing():
    one = device(Answers(profile(), refuses=True))
    assert [read(one, 0).held for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("change", [{"step_period": 0.1}, {"frame": "tool"}])
def test_backend_of_other_steps_is_refused(change):
    with pytest.raises(ConfigError, match="profile scripted has steps of"):
        device(Answers(profile(**change)))


def test_expert_without_a_cell_is_a_lost_device(tmp_path):
    options = {
        "policy": str(Path(__file__).parents[3] / "config/policy/expert.yaml"),
        "instruction": "lift the red block",
    }
    cell = {"cell_dir": str(tmp_path), "attach_timeout": 0.01}
    with pytest.raises(DeviceLostError, match="no world in"):
        open_scripted({**options, "options": cell}, SPEEDS, ("arm",))
