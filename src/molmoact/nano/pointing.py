"""Pointing rows: where a named thing is seen. The cheapest way to learn to localise."""

POINT_QUESTION = "Point to the {thing}."
POINT_ANSWER = "The {thing} is at {point}."


def pointing_turns(points: dict[str, tuple[int, int]]) -> list[dict[str, str]]:
    """Questions and answers about one picture; they share it and do not see each other.

    Args:
        points: name of a thing -> its (x, y) in 0..255 of the picture.
    """
    return [
        turn
        for thing, point in points.items()
        for turn in (
            {"from": "human", "value": POINT_QUESTION.replace("{thing}", thing)},
            {"from": "gpt", "value": POINT_ANSWER.replace("{thing}", thing).replace("{point}", str([list(point)]))},
        )
    ]
