"""A person's judgement of one trial: what is shown before and asked after, and the row that it makes."""

from dataclasses import dataclass

from trial_runner.trials.plan import Trial
from trial_runner.trials.rows import Row
from trial_runner.trials.task import DONE, TrialTask


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the scorer says.

    Attributes:
        stage: how many stages of the rubric were reached, 0..all.
        seconds: how long the trial took.
        interventions: times that a person took over or stopped it.
        note: why it failed, in the scorer's words.
        bag: folder of the recording, where there is one.
    """

    stage: int
    seconds: float
    interventions: int = 0
    note: str = ""
    bag: str = ""


def briefing(trial: Trial, task: TrialTask) -> list[str]:
    """What the operator needs before a trial, a line each; the policy is only its label."""
    condition = task.condition(trial.condition)
    lines = [f"trial {trial.number}: {trial.task}, {trial.condition}, start {trial.start}, policy {trial.label}"]
    lines += [f"set up: {text}" for text in (task.start_state, condition.start_state) if text]
    lines.append(f"say: {condition.instruction or task.instruction}")
    lines.append(f"ends after {task.time_limit:g} s")
    return lines


def rubric(task: TrialTask) -> list[str]:
    """The stages with their numbers and scores, from none to done."""
    return ["0  none of these (0)"] + [f"{n}  {one.name} ({one.score:g})" for n, one in enumerate(task.stages, 1)]


def judged_row(trial: Trial, task: TrialTask, judgement: Judgement) -> Row:
    """The row of a trial that a person has scored."""
    stage = task.stages[judgement.stage - 1].name if judgement.stage else ""
    score = task.score(stage)
    return Row(
        number=trial.number,
        policy=trial.policy,
        task=trial.task,
        condition=trial.condition,
        start=trial.start,
        score=score,
        success=score == DONE,
        seconds=judgement.seconds,
        stage=stage,
        interventions=judgement.interventions,
        note=judgement.note,
        bag=judgement.bag,
    )
