"""What is compared with what, and how it will be judged, all decided ahead: the schema of an experiment's YAML file."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from molmoact_common.yaml_config import Settings
from trial_runner.trials.task import IN_DISTRIBUTION

Probability = Annotated[float, Field(gt=0, lt=1)]


class FixedNumber(Settings):
    """Barnard's exact test, once, after all trials."""

    test: Literal["barnard"] = "barnard"
    alpha: Probability = 0.05


class Sequential(Settings):
    """The sequential test of paired starts; it may end the experiment before all trials were run."""

    test: Literal["sequential"]
    alpha: Probability = 0.05


class PolicyEntry(Settings):
    """One policy to try.

    Attributes:
        policy: name in config/policy, or a YAML file.
        checkpoint: folder in place of the policy's own.
        execution: in place of the policy's own.
    """

    policy: str = Field(min_length=1)
    checkpoint: str = ""
    execution: Literal["open_loop", "async"] | None = None


class Experiment(Settings):
    """Policies x tasks x conditions x trials.

    Attributes:
        title: for the report.
        policies: name -> policy; the first two are the ones that the comparison is about.
        tasks: names in config/trials/tasks.
        conditions: of each task, by name.
        trials: of each policy in each cell (task and condition).
        seed: of the order, the labels and the placements.
        comparison: the one test, chosen before the first trial.
        scene: name in config/cell, for trials in the simulated cell.
    """

    title: str = Field(min_length=1)
    policies: Mapping[str, PolicyEntry] = Field(min_length=1)
    tasks: tuple[str, ...] = Field(min_length=1)
    conditions: tuple[str, ...] = (IN_DISTRIBUTION,)
    trials: int = Field(ge=1, le=1000)
    seed: int = Field(default=0, ge=0)
    comparison: FixedNumber | Sequential = Field(default=FixedNumber(), discriminator="test")
    scene: str = "solo"

    @model_validator(mode="after")
    def _nothing_twice(self) -> "Experiment":
        for what, names in (("tasks", self.tasks), ("conditions", self.conditions)):
            if len(set(names)) < len(names):
                raise ValueError(f"{what} must not name one twice")
        return self
