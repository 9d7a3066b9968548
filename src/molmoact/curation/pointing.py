"""Answers of a pointing model: where it says that the gripper is."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ValidationError

from molmoact.curation.episodes import Episode
from molmoact_common.errors import ConfigError

PROMPT = "point to the robot gripper"
"""What Molmo is asked for a picture of one arm."""

SIDES = ("left", "right")
"""Two arms: the prompt ends in `on the left` or `on the right`."""

_POINT = re.compile(r'<point\b[^>]*?\sx="([\d.]+)"\s+y="([\d.]+)"')


def prompt_for(side: str = "") -> str:
    """The question for one arm, or for the arm on one side of two."""
    return f"{PROMPT} on the {side}" if side else PROMPT


def pixel_of(answer: str, width: int, height: int) -> tuple[int, int] | None:
    """The first point of an answer, which is in per cent of the picture, in its pixels; None: it names none.

    A point on the far edge gives `width` or `height` itself, as published; `molmoact.traces.to_model` clips it.
    """
    found = _POINT.search(answer)
    if found is None:
        return None
    try:
        x, y = (float(number) for number in found.groups())
    except ValueError:  # digits and dots that are no number
        return None
    return round(x / 100 * width), round(y / 100 * height)


class PointingAnswer(BaseModel):
    """One line of a file of answers.

    Attributes:
        episode: its number in the dataset.
        frame: its row.
        arm: which arm was asked for; empty: the only one.
        text: what the model said of the first view.
    """

    episode: int
    frame: int
    arm: str = ""
    text: str


def load_answers(path: Path) -> list[PointingAnswer]:
    """Answers from a file with one JSON object a line.

    Raises:
        ConfigError: unreadable, or a line that is none; it is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"cannot read answers {path}: {error.strerror}; check the path") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(PointingAnswer.model_validate(json.loads(line)))
        except (ValueError, ValidationError) as error:
            raise ConfigError(f"{path}, line {number} is no answer: {' '.join(str(error).split())[:150]}") from error
    return found


def with_pointed_hands(
    episode: Episode, answers: list[PointingAnswer], arms: tuple[str, ...], size: tuple[int, int]
) -> Episode:
    """The episode with its hands where the model pointed; a row without an answer, or without a point, has none.

    Args:
        episode: any.
        answers: of this episode.
        arms: in the order of the action's columns.
        size: height and width of the pictures that were shown.

    Raises:
        ConfigError: an answer for a row or an arm that there is not.
    """
    height, width = size
    hands = np.full_like(episode.hands, np.nan)
    for answer in answers:
        arm = answer.arm or arms[0]
        if arm not in arms or not 0 <= answer.frame < len(episode):
            raise ConfigError(f"an answer is for arm {arm!r}, row {answer.frame} of episode {answer.episode}: no such")
        pixel = pixel_of(answer.text, width, height)
        if pixel is not None:  # the far edge belongs to the last pixel
            hands[answer.frame, arms.index(arm)] = min(pixel[0], width - 1), min(pixel[1], height - 1)
    return replace(episode, hands=hands)
