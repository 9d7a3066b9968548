"""Answers of a recorded episode as a stand-in for a trained model: a real model's passes, with their choices dictated.

The episode is the scripted expert's: its traces and actions, worded and put into tokens as a checkpoint would write
them. Depth codes are those of the recorded front picture's grey levels, a stand-in that moves as the scene does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from molmoact.decoding.constraint import Constraint, State
from molmoact.decoding.passes import Passes
from molmoact.depth.codebook import DepthCodebook
from molmoact.protocol.actions import bins_of
from molmoact.protocol.prompts import style_for
from molmoact.protocol.statistics import ActionStatistics
from molmoact.protocol.wording import wording_for, write_answer
from molmoact.runtime.loading import LoadedCheckpoint
from molmoact.runtime.observation import Observation
from molmoact_common.errors import ConfigError
from trial_runner.replay import load_replay
from trial_runner.run_data import load_run

Behind = Literal["lost", "blind"]
"""What a dictated model expects behind a wrong guess: whatever its weights say, which helps nobody (lost), or still
the dictated word of each place (blind). A trained model is in between."""

AWARD = 1e6
"""Added to the logit of the dictated token: more than weights can say against it."""


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """One observation, the token ids of its answer, and the rows that the arm had made since the one before."""

    observation: Observation
    tokens: Sequence[int]
    steps: int


def scripted_answers(bag: Path, loaded: LoadedCheckpoint, most: int) -> list[ScriptedAnswer]:
    """The first `most` answers of a run that the expert did (`molmoact demo --policy expert`).

    Raises:
        ConfigError: the run has no answers for these views and arms.
        BagError: no closed bag.
    """
    profile, tokenizer = loaded.profile, loaded.processor.tokenizer
    codebook = DepthCodebook.beside(loaded.folder)
    chunks = {story.sequence: story.chunk for story in load_run(bag).stories if story.chunk is not None}
    replay = load_replay(bag, profile.views)
    answers: list[ScriptedAnswer] = []
    before = 0
    for record in replay.observed:
        chunk = chunks.get(record.sequence)
        if chunk is None or len(answers) == most or codebook is None:
            continue
        keys = zip(profile.views, record.view_stamps_ns, strict=True)
        views = {key[0]: replay.images[key].pixels() for key in keys}
        text = write_answer(
            wording_for(style_for(profile.prompt, steered=False), len(profile.arms)),
            loaded.symbols,
            bins_of(_normalised(chunk.deltas, loaded.statistics)),
            depth=codebook.codes(views[profile.views[0]].mean(2).astype(np.uint8)),
            traces=tuple(record.traces.values()),
        )
        tokens = [*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]
        observation = Observation(record.sequence, record.stamp_ns, views, record.instruction)
        answers.append(ScriptedAnswer(observation, tokens, max(0, chunk.command_step - before)))
        before = chunk.command_step
    if not answers:
        raise ConfigError(
            f"{bag} has no answers with views {', '.join(profile.views)}; record one with --policy expert"
        )
    return answers


def _normalised(deltas: NDArray[np.float64], statistics: ActionStatistics) -> NDArray[np.float64]:
    """Physical deltas to -1..1 by the checkpoint's ranges; grippers stay as they are."""
    span = statistics.high - statistics.low
    scaled = 2 * (deltas - statistics.low) / np.where(span > 0, span, 1) - 1
    return np.where(statistics.scaled, np.clip(scaled, -1, 1), deltas)


class DictatedPasses(Passes):
    """Passes of a real model, all of their work done, whose best tokens are then those of an answer."""

    behind: Behind = "lost"

    def dictate(self, tokens: Sequence[int], constraint: Constraint) -> None:
        """From the next prefill on, this answer.

        Raises:
            ConfigError: it does not keep to the grammar.
        """
        self._dictated = tuple(tokens)
        self._constraint = constraint
        self._by_state: dict[State, int] = {}
        state: State | None = constraint.start
        for token in tokens:
            if state is None:
                raise ConfigError("a recorded answer does not fit the grammar; choose the checkpoint's own profile")
            self._by_state[state] = token
            state = constraint.after(state, token)

    def prefill(self, inputs: Mapping[str, Tensor], guesses: Sequence[int] = ()) -> Tensor:
        """As the model's, with the answer's tokens made the best."""
        # state behind the prompt and behind each token since, and how many of these are the answer's
        self._states: list[State | None] = [self._constraint.start]
        self._right = 0
        logits = super().prefill(inputs, guesses)
        return self._awarded(logits, [self._here(), *map(self._behind, guesses)])

    def extend(self, tokens: Sequence[int]) -> Tensor:
        """As the model's, with the answer's tokens made the best."""
        return self._awarded(super().extend(tokens), [self._behind(token) for token in tokens])

    def drop(self, count: int) -> None:
        """Forget the last `count` tokens."""
        super().drop(count)
        del self._states[len(self._states) - count :]
        self._right = min(self._right, len(self._states) - 1)

    def _behind(self, token: int) -> int | None:
        """Write `token`; what is dictated then."""
        written, state = len(self._states) - 1, self._states[-1]
        if self._right == written < len(self._dictated) and self._dictated[written] == token:
            self._right += 1
        self._states.append(state and self._constraint.after(state, token))
        return self._here()

    def _here(self) -> int | None:
        state = self._states[-1]
        is_right = self._right == len(self._states) - 1
        return self._by_state.get(state) if state and (is_right or self.behind == "blind") else None

    @torch.inference_mode()
    def _awarded(self, logits: Tensor, tokens: Sequence[int | None]) -> Tensor:
        pairs = [(row, token) for row, token in enumerate(tokens) if token is not None]
        if pairs:
            rows, ids = torch.tensor(pairs, device=logits.device).T
            logits[rows, ids] += AWARD
        return logits
