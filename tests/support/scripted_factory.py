"""A backend factory that a policy file of a test can name: keeps the settings that it got."""

from pathlib import Path

import numpy as np

from molmoact.profile import load_profile
from molmoact.runtime.backend import Action, Depth, TraceFound
from support.scripted_policy import ScriptedBackend


def load(settings):
    stages = [
        Depth(tuple(range(100)), "depth"),
        TraceFound({"arm": ((1, 2), (3, 4))}, "trace"),
        Action(np.ones((2, 7))),
    ]
    backend = ScriptedBackend(stages)
    backend.settings = settings
    return backend


def load_pair(settings):
    """Two arms: the left one goes up, the right one forward and grips; 8 mm a step."""
    rows = np.zeros((8, 14))
    rows[:, 2], rows[:, 6], rows[:, 7] = 0.008, 1.0, 0.008
    backend = ScriptedBackend([Action(rows)])
    backend.profile = load_profile(Path(settings.profile))
    return backend
