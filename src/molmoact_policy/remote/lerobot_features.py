"""Observations in LeRobot's words: the features of its datasets, and the numbers and pictures of its robots."""

from typing import Any

import numpy as np

from molmoact.profile import CheckpointProfile
from molmoact_policy.remote.requests import Features, blank, features
from molmoact_policy.remote.settings import ObservationMapping

IMAGES, STATE, TASK = "observation.images.", "observation.state", "task"
"""What features are called in LeRobot's datasets and policies."""


def told_features(mapping: ObservationMapping, profile: CheckpointProfile) -> dict[str, dict[str, Any]]:
    """What the server is told of the observations to come: name -> type, shape and names of the axes or numbers."""
    told: dict[str, dict[str, Any]] = {}
    for (name, *_), value in features(blank(profile, mapping), mapping, profile).items():
        if name == STATE:
            told[name] = {"dtype": "float32", "shape": np.shape(value), "names": _state_names(np.size(value))}
        elif name != TASK:
            told[name] = {"dtype": "image", "shape": np.shape(value), "names": ["height", "width", "channels"]}
    return told


def _state_names(count: int) -> list[str]:
    return [f"state_{number}" for number in range(count)]


def raw_observation(request: Features) -> dict[str, Any]:
    """The request as the server's robots give it: numbers and pictures by their short names."""
    raw: dict[str, Any] = {}
    for (name, *_), value in request.items():
        if name == STATE:
            raw.update(zip(_state_names(np.size(value)), np.asarray(value).tolist(), strict=True))
        else:
            raw[name.removeprefix(IMAGES)] = value
    return raw
