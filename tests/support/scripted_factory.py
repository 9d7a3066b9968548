"""A backend factory that a policy file of a test can name: keeps the settings that it got."""

import numpy as np

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
