"""The backend behind which a MolmoAct checkpoint answers."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from molmoact.decoding.passes import PromptError
from molmoact.profile import CheckpointProfile
from molmoact.runtime.answering import Answering, DecodingOptions
from molmoact.runtime.backend import Action, BackendSettings, Preprocessed, Refused, Stage
from molmoact.runtime.inputs import ObservationError, digest, input_arrays
from molmoact.runtime.loading import Dtype, LoadedCheckpoint, check_checkpoint, load_checkpoint
from molmoact.runtime.observation import Observation
from molmoact.runtime.reasoner import AnswerForm, read_stages
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import validate


class CheckpointOptions(DecodingOptions):
    """`options` of a policy file whose backend is a checkpoint.

    Attributes:
        dtype: of the weights.
        threads: of torch on the CPU; 0 leaves torch's own choice.
        rows: of each chunk that are given on; 0: all. Who makes fewer looks again sooner, which mends what a small
            model foresees badly.
    """

    dtype: Dtype = "auto"
    threads: int = Field(default=0, ge=0, le=256)
    rows: int = Field(default=0, ge=0, le=64)


def check(settings: BackendSettings) -> None:
    """Everything that can be told to be wrong without reading a weight (see PolicyConfig.backend).

    Raises:
        UserError: no checkpoint named, options that are unknown, or anything that `check_checkpoint` refuses.
    """
    folder, profile, options = _read(settings)
    check_checkpoint(folder, profile, settings.device, options.dtype)


def load(settings: BackendSettings) -> "CheckpointBackend":
    """Factory of this backend (see PolicyConfig.backend); errors as of `check`."""
    folder, profile, options = _read(settings)
    if options.threads:
        torch.set_num_threads(options.threads)
    return CheckpointBackend(load_checkpoint(folder, profile, settings.device, options.dtype), options)


def _read(settings: BackendSettings) -> tuple[Path, Path | None, CheckpointOptions]:
    if not settings.checkpoint:
        raise ConfigError("the policy names no checkpoint; set checkpoint in its file or on the command line")
    options = validate(dict(settings.options), CheckpointOptions, "the policy's options")
    profile = Path(settings.profile) if settings.profile else None
    return Path(settings.checkpoint).expanduser(), profile, options


class CheckpointBackend:
    """A loaded checkpoint as a `Backend`."""

    def __init__(self, loaded: LoadedCheckpoint, options: CheckpointOptions) -> None:
        self.loaded = loaded
        self._answering = Answering(loaded, options)
        self._rows = options.rows or loaded.profile.steps
        tokenizer = loaded.processor.tokenizer
        self._form = AnswerForm(
            decode=self._decode,
            end_id=self._answering.vocabulary.end_id,
            depth_end_id=int(tokenizer.convert_tokens_to_ids("<DEPTH_END>")),
            symbols=loaded.symbols,
            statistics=loaded.statistics,
            profile=loaded.profile,
        )

    @property
    def name(self) -> str:
        """The profile's name and the folder's."""
        return f"{self.profile.name} ({self.loaded.folder.name})"

    @property
    def profile(self) -> CheckpointProfile:
        """The checkpoint's."""
        return self.loaded.profile

    def warm_up(self) -> None:
        """Answer a grey picture twice, plain and steered: fills caches of kernels and of the grammar."""
        size = self.profile.resize
        shape = (size.height, size.width, 3) if size else (240, 320, 3)
        views = {name: np.full(shape, 128, dtype=np.uint8) for name in self.profile.views}
        for drawn in ({}, {self.profile.arms[0]: ((0, 0), (1, 1))}):
            for _ in self.reason(Observation(sequence=0, stamp_ns=0, views=views, instruction="wait", drawn=drawn)):
                pass

    def input_arrays(self, observation: Observation) -> dict[str, Any]:
        """The exact input of the model for an observation (see `molmoact.runtime.inputs.input_arrays`)."""
        return input_arrays(observation, self.profile, self.loaded.processor)

    def reason(self, observation: Observation) -> Iterator[Stage]:
        """Answer one observation; an observation that does not fit the profile is refused, not answered."""
        try:
            arrays = self.input_arrays(observation)
        except ObservationError as error:
            yield Refused(str(error))
            return
        yield Preprocessed(digest(arrays))
        steered = bool(observation.drawn)
        passes = self._answering.passes(self._on_device(arrays), steered=steered, command_step=observation.command_step)
        try:
            with closing(passes):
                for stage in read_stages(passes, self._form, steered=steered):
                    yield replace(stage, deltas=stage.deltas[: self._rows]) if isinstance(stage, Action) else stage
        except PromptError as error:
            yield Refused(str(error))

    def close(self) -> None:
        """Nothing is held but memory."""

    def _on_device(self, arrays: dict[str, Any]) -> dict[str, Any]:
        model = self.loaded.model
        inputs = {name: array.to(model.device) for name, array in arrays.items()}
        if "images" in inputs:
            inputs["images"] = inputs["images"].to(model.dtype)
        return inputs

    def _decode(self, ids: Sequence[int]) -> str:
        text: str = self.loaded.processor.tokenizer.decode(ids, skip_special_tokens=False)
        return text
