"""The recipe of a training run: everything that decides what is learnt, as YAML."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from molmoact_common.yaml_config import Settings, load_settings

Rate = Annotated[float, Field(gt=0)]


class RowSource(Settings):
    """One row set of the mixture.

    Attributes:
        rows: its folder, below the folder of all data.
        rate: how often it is drawn from, relative to the others.
        views: image columns in the order of the prompt; empty: all, in the order of the schema.
        actions: whether rows hold actions, so that the set must bring its statistics; false for auxiliary and web rows.
        weight: of each learnt token.
    """

    rows: str
    rate: Rate
    views: tuple[str, ...] = ()
    actions: bool = True
    weight: Rate = 1.0


class LearningRates(Settings):
    """Peak rates of the three groups of parameters."""

    llm: Rate
    connector: Rate
    vision: Rate


class Optimisation(Settings):
    """AdamW without weight decay, warmed up linearly from 0, then on a cosine down to a share of the peak.

    Attributes:
        rates: peak learning rates.
        warm_up: steps.
        floor: of the peak, at the last step.
        betas: of the moments.
        epsilon: of the denominator.
        clip: largest gradient norm of each group.
        z_loss: weight of the squared log partition function.
    """

    rates: LearningRates
    warm_up: int = Field(default=200, ge=0)
    floor: float = Field(default=0.1, ge=0, le=1)
    betas: tuple[float, float] = (0.9, 0.95)
    epsilon: Rate = 1e-6
    clip: Rate = 1.0
    z_loss: float = Field(default=1e-4, ge=0)


class AdapterSettings(Settings):
    """LoRA on every linear layer; everything else stays as it is."""

    rank: int = Field(default=32, ge=1)
    alpha: float = Field(default=16, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Recipe(Settings):
    """Contents of config/training/*.yaml.

    Attributes:
        checkpoint: folder that is trained on; empty where the command line names it.
        profile: of the checkpoint that will come out, relative to this file; empty: the one in the folder of all data
            or beside the row sets, where curation puts it, or else the one in the checkpoint. Rows with another
            meaning of their actions are refused.
        statistics_key: of that profile; empty: the one that the rows bring, or the profile's where they bring several.
        mixture: row sets.
        steps: of the optimiser.
        batch: samples of a step, over all processes.
        micro_batch: samples of one pass; smaller ones need less memory and change nothing else.
        optimisation: learning rates and the like.
        adapter: trains a LoRA adapter; none: all parameters.
        dropout: in the language model, on what attention and MLP add, while training.
        augment: crop images to nine tenths of their area and jitter their colours.
        max_tokens: longest sequence; a longer row ends the run with its name.
        precision: of the passes; parameters, norms, rotary embedding and loss are float32 either way.
        recompute: keep less of the forward pass and compute it again (activation checkpointing).
        seed: of adapter weights and dropout.
        data_seed: of the mixture and of augmentation.
        workers: processes that prepare batches, for each training process.
        save_every: steps between checkpoints of the run.
        keep: how many of them.
    """

    checkpoint: str = ""
    profile: str = ""
    statistics_key: str = ""
    mixture: tuple[RowSource, ...] = Field(min_length=1)
    steps: int = Field(ge=1)
    batch: int = Field(ge=1)
    micro_batch: int = Field(ge=1)
    optimisation: Optimisation
    adapter: AdapterSettings | None = None
    dropout: float = Field(default=0.1, ge=0, lt=1)
    augment: bool = False
    max_tokens: int = Field(default=2304, ge=16)
    precision: Literal["bfloat16", "float32"] = "bfloat16"
    recompute: bool = False
    seed: int = Field(default=6198, ge=0)
    data_seed: int = Field(default=50189, ge=0)
    workers: int = Field(default=2, ge=0, le=64)
    save_every: int = Field(default=1000, ge=1)
    keep: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> "Recipe":
        if self.batch % self.micro_batch:
            raise ValueError(f"batch {self.batch} is no multiple of micro_batch {self.micro_batch}")
        return self


def load_recipe(path: Path) -> Recipe:
    """Read and validate a recipe.

    Raises:
        ConfigError: unreadable or not of this schema; the line names the field.
    """
    return load_settings(path, Recipe)
