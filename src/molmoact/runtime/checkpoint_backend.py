"""The backend behind which a MolmoAct checkpoint answers."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.greedy import greedy
from molmoact.decoding.vocabulary import Vocabulary
from molmoact.profile import CheckpointProfile
from molmoact.protocol.grammar import answer_grammar
from molmoact.protocol.prompts import style_for
from molmoact.protocol.wording import wording_for
from molmoact.runtime.backend import BackendSettings, Preprocessed, Refused, Stage
from molmoact.runtime.inputs import ObservationError, digest, input_arrays
from molmoact.runtime.loading import Dtype, LoadedCheckpoint, check_checkpoint, load_checkpoint
from molmoact.runtime.observation import Observation
from molmoact.runtime.reasoner import AnswerForm, read_stages
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import Settings, validate


class CheckpointOptions(Settings):
    """`options` of a policy file whose backend is a checkpoint.

    Attributes:
        constrained: let the model write nothing but well-formed answers. Needed for weights that were not trained; a
            trained model's malformed answer is a sign worth seeing, so it is off by default.
        dtype: of the weights.
        max_new_tokens: an answer that has no end by then is refused. The longest published form (two arms, eight
            steps) takes up to about 730.
        threads: of torch on the CPU; 0 leaves torch's own choice.
    """

    constrained: bool = False
    dtype: Dtype = "auto"
    max_new_tokens: int = Field(default=1024, ge=16, le=8192)
    threads: int = Field(default=0, ge=0, le=256)


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
        self._options = options
        tokenizer = loaded.processor.tokenizer
        self._vocabulary = Vocabulary.from_tokenizer(tokenizer)
        self._constraints: dict[bool, Constraint] = {}
        self._form = AnswerForm(
            decode=self._decode,
            end_id=self._vocabulary.end_id,
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
        """Answer a grey picture once: fills caches of kernels and of the grammar."""
        size = self.profile.resize
        shape = (size.height, size.width, 3) if size else (240, 320, 3)
        views = {name: np.full(shape, 128, dtype=np.uint8) for name in self.profile.views}
        for _ in self.reason(Observation(sequence=0, stamp_ns=0, views=views, instruction="wait")):
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
        with closing(self._tokens(arrays, steered)) as tokens:
            yield from read_stages(tokens, self._form, steered=steered)

    def close(self) -> None:
        """Nothing is held but memory."""

    def _tokens(self, arrays: dict[str, Any], steered: bool) -> Generator[int]:
        model = self.loaded.model
        inputs = {name: array.to(model.device) for name, array in arrays.items()}
        if "images" in inputs:
            inputs["images"] = inputs["images"].to(model.dtype)
        return greedy(
            model,
            inputs,
            end_id=self._vocabulary.end_id,
            limit=self._options.max_new_tokens,
            constraint=self._constraint(steered) if self._options.constrained else None,
        )

    def _constraint(self, steered: bool) -> Constraint:
        if steered not in self._constraints:
            profile = self.profile
            wording = wording_for(style_for(profile.prompt, steered=steered), len(profile.arms))
            grammar = answer_grammar(wording, self.loaded.symbols, steps=profile.steps, arms=len(profile.arms))
            self._constraints[steered] = Constraint(grammar, self._vocabulary, self.loaded.model.device)
        return self._constraints[steered]

    def _decode(self, ids: Sequence[int]) -> str:
        text: str = self.loaded.processor.tokenizer.decode(ids, skip_special_tokens=False)
        return text
