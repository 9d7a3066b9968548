"""What is tried: a task's words, its start, its rubric and its time limit; the schema of config/trials/tasks/*.yaml."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from pydantic import Field, model_validator

from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import Settings, load_settings

DONE = 1.0
"""Score of the last stage: the task is done."""


class Stage(Settings):
    """One step of the rubric, and the progress that a trial has made once it is reached (0..1]."""

    name: str = Field(min_length=1)
    score: float = Field(gt=0, le=DONE)


class Condition(Settings):
    """How a condition differs from the task as it was trained.

    Attributes:
        instruction: other words; empty: the task's.
        start_state: what the operator changes before the trial; empty: nothing.
    """

    instruction: str = ""
    start_state: str = ""


class TrialTask(Settings):
    """One task.

    Attributes:
        description: what the robot has to do, for the person who scores.
        instruction: what the policy is told.
        variants: the same in other words, for trials of language.
        arms: how many it takes.
        start_state: what the operator sets up before each trial.
        overlay: picture of the start, laid over the live view while setting up; relative to the YAML file.
        stages: the rubric, in order; a trial scores that of the last stage that it reached, or 0.
        time_limit: seconds after which a trial ends.
        conditions: name -> how it differs; "in_distribution" always exists.
        cell_task: name in config/tasks where the simulated cell can run and score it.
        source: where task and rubric come from.
    """

    description: str = Field(min_length=1)
    instruction: str = Field(min_length=1)
    variants: tuple[str, ...] = ()
    arms: int = Field(default=1, ge=1, le=2)
    start_state: str = ""
    overlay: str = ""
    stages: tuple[Stage, ...] = Field(min_length=1)
    time_limit: float = Field(default=60.0, gt=0)
    conditions: Mapping[str, Condition] = {}
    cell_task: str = ""
    source: str = ""

    @model_validator(mode="after")
    def _progress_rises_to_done(self) -> "TrialTask":
        scores = [stage.score for stage in self.stages]
        if any(later <= earlier for earlier, later in pairwise(scores)) or scores[-1] != DONE:
            raise ValueError("the scores of the stages must rise, and the last one must be 1")
        return self

    def condition(self, name: str) -> Condition:
        """The condition of that name.

        Raises:
            ConfigError: there is none.
        """
        known = {IN_DISTRIBUTION: Condition(), **self.conditions}
        if name not in known:
            raise ConfigError(f"no condition {name!r} of this task; there are: {', '.join(known)}")
        return known[name]

    def score(self, stage: str) -> float:
        """Progress of a trial whose last stage was `stage`; empty: it reached none.

        Raises:
            ConfigError: no such stage.
        """
        scores = {"": 0.0} | {one.name: one.score for one in self.stages}
        if stage not in scores:
            raise ConfigError(f"no stage {stage!r}; there are: {', '.join(one.name for one in self.stages)}")
        return scores[stage]


IN_DISTRIBUTION = "in_distribution"


def load_trial_task(folder: Path, name: str) -> TrialTask:
    """The task `name` of config/trials/tasks.

    Raises:
        ConfigError: there is none of that name, or it is not of the schema.
    """
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        raise ConfigError(f"no trial task {name!r} in {folder}; there are: {', '.join(known) or 'none'}")
    return load_settings(folder / f"{name}.yaml", TrialTask)
