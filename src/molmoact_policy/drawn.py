"""Drawn traces: checked before they may steer anything."""

from collections.abc import Mapping, Sequence

from molmoact.runtime.observation import TracePoints

MAX_POINTS = 5
"""As in training: one to five points a trace."""


def refuse_drawn(traces: Mapping[str, TracePoints], arms: Sequence[str]) -> str:
    """Why these traces may not steer these arms; empty where they may.

    A single arm may be named "" (the only one).
    """
    for arm, points in traces.items():
        if arm not in arms and not (arm == "" and len(arms) == 1):
            return f"no arm {arm!r}; there is {', '.join(arms)}"
        if not 1 <= len(points) <= MAX_POINTS:
            return f"a trace has 1 to {MAX_POINTS} points, not {len(points)}"
    return ""
