"""The cell's state and calibration as ROS messages."""

from collections.abc import Mapping

import numpy as np
from geometry_msgs.msg import TransformStamped, Vector3
from molmoact_ros.msg import CellState

from molmoact_common.poses import Pose
from molmoact_common.ros.messages import pose_to_message
from molmoact_common.ros.stamps import to_time
from sim_cell.pacer import NANOSECONDS_A_TICK
from sim_cell.settings import SceneSettings
from sim_cell.shared import Snapshot
from sim_cell.tasks import Episode, Score

WORLD = "world"

LINK_TO_OPTICAL = Pose(np.zeros(3), np.array([-0.5, 0.5, -0.5, 0.5]))
"""Optical frame (z forward) in the housing's (x forward); the camera nodes publish this part themselves."""


def cell_state(snapshot: Snapshot, episode: Episode, blocks: Mapping[str, Pose], result: Score) -> CellState:
    """Message for the state at a snapshot; `blocks` are poses in the world frame."""
    message = CellState(
        tick=snapshot.tick,
        seed=episode.seed,
        task=episode.task,
        instruction=episode.instruction,
        objects=list(blocks),
        poses=[pose_to_message(pose) for pose in blocks.values()],
        success=result.success,
        progress=result.progress,
    )
    message.header.frame_id = WORLD
    message.header.stamp = to_time(snapshot.tick * NANOSECONDS_A_TICK)
    return message


def static_transforms(scene: SceneSettings, arm: str) -> list[TransformStamped]:
    """The arm's base (<arm>_base) in the world, and every camera's housing (<camera>_link) in its parent."""
    parents = {"world": WORLD, "hand_tcp": f"{arm}_hand_tcp"}
    base = _transform(WORLD, f"{arm}_base", Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])))
    cameras = [
        _transform(parents[camera.parent], f"{name}_link", camera.pose @ LINK_TO_OPTICAL.inverse())
        for name, camera in scene.cameras.items()
    ]
    return [base, *cameras]


def _transform(parent: str, child: str, pose: Pose) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    there = pose_to_message(pose)
    message.transform.translation = Vector3(x=there.position.x, y=there.position.y, z=there.position.z)
    message.transform.rotation = there.orientation
    return message
