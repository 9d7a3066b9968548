import pytest

from trial_runner.trials.plan import Trial
from trial_runner.trials.scoring import Judgement, briefing, judged_row, rubric
from trial_runner.trials.task import Condition, Stage, TrialTask

TASK = TrialTask(
    description="d",
    instruction="put the fruit away",
    start_state="banana on its mark",
    stages=(Stage(name="grasped", score=0.5), Stage(name="put away", score=1)),
    conditions={"language": Condition(instruction="tidy up"), "dark": Condition(start_state="lights off")},
    time_limit=45,
)


def trial(condition: str = "in_distribution") -> Trial:
    return Trial(4, "fruit", condition, 2, 99, "nano", "B")


def test_the_briefing_says_what_to_set_up_and_hides_the_policy():
    text = "\n".join(briefing(trial("dark"), TASK))
    assert "policy B" in text
    assert "nano" not in text
    assert "set up: banana on its mark\nset up: lights off\nsay: put the fruit away\nends after 45 s" in text
    assert "say: tidy up" in "\n".join(briefing(trial("language"), TASK))


def test_the_rubric_is_numbered_from_none_to_done():
    assert rubric(TASK) == ["0  none of these (0)", "1  grasped (0.5)", "2  put away (1)"]


@pytest.mark.parametrize(
    ("stage", "name", "score", "success"), [(0, "", 0, False), (1, "grasped", 0.5, False), (2, "put away", 1, True)]
)
def test_a_judgement_becomes_a_row(stage, name, score, success):
    row = judged_row(trial(), TASK, Judgement(stage, 12.0, 1, "slipped", "bags/4"))
    assert (row.stage, row.score, row.success) == (name, score, success)
    assert (row.number, row.policy, row.start, row.interventions, row.note) == (4, "nano", 2, 1, "slipped")
