"""From a row to token ids with what is to be learnt marked: prompt, pictures, answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molmoact.processing.image import Crops
from molmoact.processing.processor import MolmoActProcessor
from molmoact.protocol.prompts import chat_prompt
from molmoact.training.rows import RowsError

Ids = NDArray[np.int64]
PREFIX = -1
"""Segment of what all questions of a row see: BOS and the pictures."""


@dataclass(frozen=True, slots=True)
class Example:
    """One sequence.

    Attributes:
        ids: shape (positions,), what the model reads.
        targets: shape (positions,), what it shall say next.
        weights: float32, shape (positions,); 0 where nothing is learnt.
        positions: shape (positions,); they start anew behind the pictures for each question.
        segments: shape (positions,), number of the question, or PREFIX.
        crops: of the pictures; None: there are none.
    """

    ids: Ids
    targets: Ids
    weights: NDArray[np.float32]
    positions: Ids
    segments: Ids
    crops: Crops | None

    def __len__(self) -> int:
        return len(self.ids)


def make_example(
    processor: MolmoActProcessor,
    dialogue: Sequence[tuple[str, str]],
    crops: Crops | None,
    *,
    alone: bool,
    longest: int,
    weight: float = 1.0,
) -> Example:
    """Lay one row out as a sequence.

    Several questions share the pictures; they do not see each other, and each counts by one over the root of their
    number. An answer is learnt from its first token to the end of text.

    Args:
        processor: of the checkpoint.
        dialogue: questions as they are asked, and answers without the space before them.
        crops: of the pictures, by the processor's image processor.
        alone: there is one picture, so that nothing announces it.
        longest: most positions of a sequence; beyond it the row is refused, never cut.
        weight: of every token that is learnt.

    Raises:
        RowsError: too long, or image tokens in a text.
    """
    try:
        prefix = processor.prefix(crops, alone=alone)
        parts = [(processor.encode(chat_prompt(q)), processor.encode(_spaced(a))) for q, a in dialogue]
    except ValueError as error:
        raise RowsError(f"{error}; leave the row out") from error
    end = int(processor.tokenizer.eos_token_id)
    ids, targets, weights = [*prefix], [*prefix[1:], end], [0.0] * len(prefix)
    positions, segments = [*range(len(prefix))], [PREFIX] * len(prefix)
    share = weight / len(parts) ** 0.5
    for number, (asked, answered) in enumerate(parts):
        tokens = asked + answered
        ids += tokens
        targets += [*tokens[1:], end]
        weights += [0.0] * (len(asked) - 1) + [share] * (len(answered) + 1)
        positions += range(len(prefix), len(prefix) + len(tokens))
        segments += [number] * len(tokens)
    if len(ids) > longest:
        raise RowsError(f"a row of {len(ids)} tokens, {longest} are allowed; smaller images, or raise max_tokens")
    return Example(
        np.array(ids), np.array(targets), np.array(weights, np.float32), np.array(positions), np.array(segments), crops
    )


def _spaced(answer: str) -> str:
    return answer if answer.startswith(" ") else f" {answer}"
