"""Snapshots and reports of the bridge as ROS messages."""

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import Transform, TransformStamped, Vector3, Wrench
from molmoact_ros.msg import ArmState, ChunkStatus
from sensor_msgs.msg import JointState

from franka_bridge.config import ArmConfig
from franka_bridge.reports import ChunkReport
from franka_bridge.snapshot import ArmSnapshot
from franka_bridge.state_machine import Mode
from molmoact_common.poses import Pose
from molmoact_common.ros.messages import ledger_to_message, pose_to_message
from molmoact_common.ros.stamps import to_time


def base_frame(arm: str) -> str:
    """Name of an arm's base frame."""
    return f"{arm}_base"


def tcp_frame(arm: str) -> str:
    """Name of the frame that chunks move."""
    return f"{arm}_hand_tcp"


def arm_state(name: str, snapshot: ArmSnapshot, now_ns: int) -> ArmState:
    """/arm/<name>/state."""
    state = snapshot.state
    force, torque = state.wrench[:3].tolist(), state.wrench[3:].tolist()
    message = ArmState(
        arm=name,
        mode=int(snapshot.mode),
        reason=snapshot.reason,
        command_step=snapshot.command_step,
        measured=pose_to_message(state.measured),
        commanded=pose_to_message(snapshot.commanded.pose),
        q=state.q,
        dq=state.dq,
        wrench=Wrench(force=_vector(force), torque=_vector(torque)),
        gripper_opening=snapshot.opening,
        gripper_commanded=snapshot.commanded.opening,
        dry_run=snapshot.dry_run,
        robot_time_ms=state.robot_time_ms,
    )
    message.header.stamp = to_time(now_ns)
    message.header.frame_id = base_frame(name)
    return message


def joint_state(config: ArmConfig, snapshot: ArmSnapshot, now_ns: int) -> JointState:
    """/joint_states: seven joints, and two fingers where there is a gripper."""
    prefix = config.frame_prefix
    names = [f"{prefix}_joint{number}" for number in range(1, 8)]
    position, velocity = snapshot.state.q.tolist(), snapshot.state.dq.tolist()
    if config.gripper is not None:
        finger = snapshot.opening * config.gripper.max_width / 2
        names += [f"{prefix}_finger_joint1", f"{prefix}_finger_joint2"]
        position += [finger, finger]
        velocity += [0.0, 0.0]
    message = JointState(name=names, position=position, velocity=velocity)
    message.header.stamp = to_time(now_ns)
    return message


def chunk_status(report: ChunkReport) -> ChunkStatus:
    """/bridge/chunk_status."""
    message = ChunkStatus(
        sequence=report.sequence,
        status=int(report.status),
        entry_step=report.entry_step,
        steps_done=report.steps_done,
        reason=report.reason,
        clipped=list(report.clipped),
        ledger=ledger_to_message(report.ledger),
    )
    message.header.stamp = to_time(report.stamp_ns)
    return message


def transform(parent: str, child: str, pose: Pose, now_ns: int) -> TransformStamped:
    """`child` in `parent`, for /tf and /tf_static."""
    as_pose = pose_to_message(pose)
    message = TransformStamped(child_frame_id=child)
    message.transform = Transform(translation=_vector(pose.position.tolist()), rotation=as_pose.orientation)
    message.header.stamp = to_time(now_ns)
    message.header.frame_id = parent
    return message


def diagnostics(mode: Mode, values: dict[str, str], now_ns: int) -> DiagnosticArray:
    """/diagnostics: stopped or disconnected is an error, anything else is fine."""
    bad = mode in (Mode.STOPPED, Mode.DISCONNECTED)
    status = DiagnosticStatus(
        level=DiagnosticStatus.ERROR if bad else DiagnosticStatus.OK,
        name="franka_bridge",
        message=f"{mode.name.lower()}: {values['reason']}" if values["reason"] else mode.name.lower(),
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
    array = DiagnosticArray(status=[status])
    array.header.stamp = to_time(now_ns)
    return array


def _vector(values: list[float]) -> Vector3:
    x, y, z = values
    return Vector3(x=x, y=y, z=z)
