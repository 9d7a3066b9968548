"""An invented demonstration for tests: a hand that crosses a table in a circle of colour, with pictures and depth."""

import cv2
import numpy as np

from molmoact.curation.episodes import Episode, Motion, actions_of
from molmoact.profile import CheckpointProfile

INSTRUCTION = "put the red block into the tray"


def demo_profile(**changes) -> CheckpointProfile:
    """Conventions of the invented demonstrations."""
    fields = {
        "name": "invented",
        "step_period": 0.1,
        "frame": "base",
        "rotation": "rotation_vector",
        "gripper": "one_is_open",
        "deltas": "commanded",
        "views": ("front", "wrist"),
        "prompt": "multi_view",
    }
    return CheckpointProfile.model_validate({**fields, **changes})


def invented_motion(rows: int = 12, arms: int = 1, seed: int = 0) -> Motion:
    """A random walk of commanded poses; the measured ones lag a step behind. The gripper closes half-way."""
    random = np.random.default_rng(seed)
    poses = np.zeros((rows + 1, arms, 8))
    poses[:, :, :3] = np.array([0.4, 0.0, 0.2]) + np.cumsum(random.normal(0, 0.004, (rows + 1, arms, 3)), axis=0)
    turns = np.array([1.0, 0.0, 0.0, 0.0]) + np.cumsum(random.normal(0, 0.01, (rows + 1, arms, 4)), axis=0)
    poses[:, :, 3:7] = turns / np.linalg.norm(turns, axis=2, keepdims=True)
    poses[:, :, 7] = (np.arange(rows + 1) < rows // 2)[:, None]
    measured = np.concatenate([poses[:1], poses[: rows - 1]])
    return Motion(measured, poses[:-1], poses[1:])


def picture(row: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """RGB uint8 (height, width, 3) with a hand that goes right."""
    image = np.full((*size, 3), 120, np.uint8)
    cv2.circle(image, (4 + 4 * row, size[0] // 2), 5, (20, 20, 220), -1)
    return image


def png(image: np.ndarray) -> bytes:
    """Encoded; colour is RGB."""
    return cv2.imencode(".png", image[:, :, ::-1] if image.ndim == 3 else image)[1].tobytes()


def invented_episode(
    rows: int = 12,
    profile: CheckpointProfile | None = None,
    seed: int = 0,
    instruction: str = INSTRUCTION,
    size: tuple[int, int] = (48, 64),
) -> Episode:
    """An episode with a picture of every view (height, width), and millimetres of depth in the first."""
    profile = profile or demo_profile()
    arms = len(profile.arms)
    motion = invented_motion(rows, arms, seed)
    ramp = np.linspace(400, 1500, size[0] * size[1]).reshape(size).astype(np.uint16)
    hands = np.stack([4.0 + 4 * np.arange(rows), np.full(rows, 24.0)], axis=1)
    return Episode(
        source=f"take-{seed}",
        instruction=instruction,
        views={view: [png(picture(row, size)) for row in range(rows)] for view in profile.views},
        depth=[png(np.roll(ramp, row, axis=1)) for row in range(rows)],
        depth_unit=0.001,
        stamps_ns=np.arange(rows, dtype=np.int64) * 100_000_000,
        steps=np.arange(40, 40 + rows),
        measured=motion.measured,
        commanded=motion.commanded,
        actions=actions_of(motion, profile),
        hands=np.repeat(hands[:, None], arms, axis=1),
    )
