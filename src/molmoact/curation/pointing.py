"""Answers of a pointing model: where it says that the gripper is."""

import re

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
