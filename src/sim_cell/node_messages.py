"""The cell's state and calibration as ROS messages."""

from collections.abc import Mapping

import numpy as np
from geometry_msgs.msg import TransformStamped, Vector3
from molmoact_ros.msg import CellState

from molmoact_common.poses import Pose
from molmoact_common.ros.messages import pose_to_message
from molmoact_common.ros.stamps import to_time
from sim_cell.pacer import NANOSECONDS_A_TICK
from sim_cell.scoring import Score
from sim_cell.settings import WORLD, SceneSettings
from sim_cell.shared import Snapshot
from sim_cell.tasks import Episode

LINK_TO_OPTICAL = Pose(np.zeros(3), np.array([-0.5, 0.5, -0.5, 0.5]))
"""Optical frame (z forward) in the housing's (x forward); the camera nodes publish this part themselves."""


def cell_state(snapshot: Snapshot, episode: Episode, objects: Mapping[str, Pose], result: Score) -> CellState:
    """Message for the state at a snapshot; `objects` are poses in the world frame."""
    message = CellState(
        tick=snapshot.tick,
        seed=episode.seed,
        task=episode.task,
        instruction=episode.instruction,
        objects=list(objects),
        poses=[pose_to_message(pose) for pose in objects.values()],
        success=result.success,
        progress=result.progress,
    )
    message.header.frame_id = WORLD
    message.header.stamp = to_time(snapshot.tick * NANOSECONDS_A_TICK)
    return message


def static_transforms(scene: SceneSettings) -> list[TransformStamped]:
    """Every arm's base (<arm>_base) in the world, and every camera's housing (<camera>_link) in its parent."""
    bases = [_transform(WORLD, f"{name}_base", arm.base_pose) for name, arm in scene.arms.items()]
    cameras = [
        _transform(camera.parent, f"{name}_link", camera.pose @ LINK_TO_OPTICAL.inverse())
        for name, camera in scene.cameras.items()
    ]
    return [*bases, *cameras]


def _transform(parent: str, child: str, pose: Pose) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    there = pose_to_message(pose)
    message.transform.translation = Vector3(x=there.position.x, y=there.position.y, z=there.position.z)
    message.transform.rotation = there.orientation
    return message
