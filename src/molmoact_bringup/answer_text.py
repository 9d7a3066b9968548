"""One answer of the model as lines of text."""

from collections.abc import Iterator, Sequence

from molmoact.runtime.offline import OfflineAnswer

ROW = 10
"""Depth codes stand for a grid of 10 x 10 places of the first view."""


def answer_lines(answer: OfflineAnswer) -> Iterator[str]:
    """Depth codes, traces and actions, in the order in which the model gave them."""
    yield f"{answer.model}: {answer.forward_passes} forward passes"
    if answer.depth:
        yield "depth codes (0..127, first view, top row first):"
        for start in range(0, len(answer.depth), ROW):
            yield _numbers(answer.depth[start : start + ROW])
    for arm, points in answer.traces.items():
        yield f"trace of {arm} (x, y in 0..255 of the first view): {' '.join(f'({x}, {y})' for x, y in points)}"
    if answer.deltas is not None:
        yield "steps, 7 numbers an arm: dx dy dz (mm), rotation (rad), gripper (0 closed .. 1 open):"
        for number, step in enumerate(answer.deltas, start=1):
            yield f"{number:4d}: {'  |  '.join(_arm(step[at : at + 7]) for at in range(0, len(step), 7))}"


def _numbers(codes: Sequence[int]) -> str:
    return " ".join(f"{code:4d}" for code in codes)


def _arm(values: Sequence[float]) -> str:
    shift = " ".join(f"{1000 * value:+7.2f}" for value in values[:3])
    turn = " ".join(f"{value:+7.4f}" for value in values[3:6])
    return f"{shift}   {turn}   {values[6]:.2f}"
