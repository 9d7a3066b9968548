"""An observation as a remote policy gets it: pictures, state vectors and prompt under the keys of its own training."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from molmoact.profile import CheckpointProfile
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.poses import Pose
from molmoact_policy.remote.settings import ObservationMapping, StateMapping, StatePart, ViewMapping, path

Features = dict[tuple[str, ...], NDArray[Any] | str]
"""Path of the key -> array or text."""


class UnmappableError(ValueError):
    """An observation holds something that the mapping has no place for, or lacks something that it names."""


def features(observation: Observation, mapping: ObservationMapping, profile: CheckpointProfile) -> Features:
    """What the server is sent.

    Raises:
        UnmappableError: a view or an arm is missing, the gripper is not known, or a trace was drawn.
    """
    if observation.drawn:
        raise UnmappableError("a remote policy cannot be steered by a drawn trace; clear it")
    missing = [view for view in mapping.views if view not in observation.views]
    missing += [arm for arm in profile.arms if arm not in observation.arms] if mapping.states else []
    if missing:
        raise UnmappableError(f"the observation lacks {', '.join(missing)}")
    found: Features = {path(one.key): picture(observation.views[view], one) for view, one in mapping.views.items()}
    for state in mapping.states:
        found[path(state.key)] = vector([observation.arms[arm] for arm in profile.arms], state)
    found[path(mapping.prompt)] = observation.instruction
    return found


def nested(found: Features) -> dict[str, Any]:
    """The features as mappings inside one another."""
    tree: dict[str, Any] = {}
    for names, value in found.items():
        branch = tree
        for name in names[:-1]:
            branch = branch.setdefault(name, {})
        branch[names[-1]] = value
    return tree


def picture(image: NDArray[np.uint8], mapping: ViewMapping) -> NDArray[Any]:
    """An RGB uint8 image (height, width, 3) as the mapping wants it."""
    sized = np.ascontiguousarray((_padded if mapping.fit == "pad" else _stretched)(image, mapping))
    if mapping.turned:
        sized = np.ascontiguousarray(sized[::-1, ::-1])
    if mapping.layout == "chw":
        sized = np.ascontiguousarray(sized.transpose(2, 0, 1))
    return sized if mapping.dtype == "uint8" else (sized / np.float32(255)).astype(np.float32)


def vector(arms: list[ArmObservation], mapping: StateMapping) -> NDArray[Any]:
    """The state vector of these arms.

    Raises:
        UnmappableError: the gripper's opening is asked for and not known.
    """
    numbers = [_part(part, arm, mapping) for arm in arms for part in mapping.parts]
    state = np.concatenate(numbers).astype(mapping.dtype)
    if not np.isfinite(state).all():
        raise UnmappableError("the gripper's opening is not known; is there a gripper, and was it homed?")
    return state


def blank(profile: CheckpointProfile, mapping: ObservationMapping) -> Observation:
    """An observation of nothing, of the shape of any other: for a first answer that only has to be given."""
    views = {name: np.zeros((one.height, one.width, 3), np.uint8) for name, one in mapping.views.items()}
    pose = Pose(np.array([0.4, 0.0, 0.4]), np.array([1.0, 0.0, 0.0, 0.0]))
    arms = {arm: ArmObservation(pose, pose, 1.0, 1.0) for arm in profile.arms}
    return Observation(sequence=0, stamp_ns=0, views=views, instruction="wait", arms=arms)


def digest(found: Features) -> str:
    """sha256 over names, types, shapes and bytes of everything that is sent."""
    total = hashlib.sha256()
    for names in sorted(found):
        value = found[names]
        if isinstance(value, str):
            kind, content = "text", value.encode()
        else:
            kind, content = f"{value.dtype} {value.shape}", value.tobytes()
        total.update(f"{'/'.join(names)} {kind} ".encode() + content)
    return total.hexdigest()


def _stretched(image: NDArray[np.uint8], mapping: ViewMapping) -> NDArray[np.uint8]:
    if image.shape[:2] == (mapping.height, mapping.width):
        return image
    return np.asarray(cv2.resize(image, (mapping.width, mapping.height), interpolation=cv2.INTER_AREA), np.uint8)


def _padded(image: NDArray[np.uint8], mapping: ViewMapping) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    scale = min(mapping.width / width, mapping.height / height)
    inner = mapping.model_copy(update={"width": round(width * scale), "height": round(height * scale)})
    left, top = (mapping.width - inner.width) // 2, (mapping.height - inner.height) // 2
    whole = np.zeros((mapping.height, mapping.width, 3), np.uint8)
    whole[top : top + inner.height, left : left + inner.width] = _stretched(image, inner)
    return whole


_ROTATIONS: Mapping[str, Callable[[Rotation], NDArray[np.float64]]] = {
    "rotation_vector": lambda rotation: rotation.as_rotvec(),
    "euler_xyz": lambda rotation: rotation.as_euler("xyz"),
    "quaternion_xyzw": lambda rotation: rotation.as_quat(canonical=True),
    "quaternion_wxyz": lambda rotation: rotation.as_quat(canonical=True, scalar_first=True),
    "rotation_6d": lambda rotation: rotation.as_matrix()[:, :2].T.ravel(),
}


def _part(part: StatePart, arm: ArmObservation, mapping: StateMapping) -> NDArray[np.float64]:
    pose = arm.measured if mapping.pose == "measured" else arm.commanded
    if part in _ROTATIONS:
        return _ROTATIONS[part](pose.rotation())
    opening = arm.gripper_opening if mapping.pose == "measured" else arm.gripper_commanded
    numbers = {
        "position": pose.position,
        "gripper_opening": [opening],
        "gripper_closing": [1 - opening],
        "fingers": [opening * mapping.finger_travel, -opening * mapping.finger_travel],
        "zero": [0.0],
    }
    return np.asarray(numbers[part], dtype=np.float64)
