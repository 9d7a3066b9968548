"""The cell's state and calibration as ROS messages."""

from collections.abc import Mapping

from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from molmoact_ros.msg import CellState
from tf2_msgs.msg import TFMessage

from molmoact_common.poses import Pose
from molmoact_common.ros.messages import pose_to_message
from molmoact_common.ros.stamps import to_time
from sim_cell.pacer import NANOSECONDS_A_TICK
from sim_cell.settings import SceneSettings
from sim_cell.shared import Snapshot
from sim_cell.tasks import Episode, Score

WORLD = "world"


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


def static_transforms(scene: SceneSettings, arm: str) -> TFMessage:
    """The arm's base (<arm>_base) in the world, and every camera's optical frame in its parent."""
    parents = {"world": WORLD, "hand_tcp": f"{arm}_hand_tcp"}
    transforms = [_transform(WORLD, f"{arm}_base", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))]
    transforms += [
        _transform(parents[camera.parent], f"{name}_color_optical_frame", camera.position, camera.quaternion)
        for name, camera in scene.cameras.items()
    ]
    return TFMessage(transforms=transforms)


def _transform(
    parent: str, child: str, position: tuple[float, float, float], quaternion: tuple[float, float, float, float]
) -> TransformStamped:
    (x, y, z), (qx, qy, qz, qw) = position, quaternion
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.transform.translation = Vector3(x=x, y=y, z=z)
    message.transform.rotation = Quaternion(x=qx, y=qy, z=qz, w=qw)
    return message
