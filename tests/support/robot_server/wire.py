"""The bytes of Franka's protocol: robot v10 and gripper v3, little-endian and packed."""

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

ROBOT_PORT, GRIPPER_PORT = 1337, 1338
ROBOT_VERSION, GRIPPER_VERSION = 10, 3

STATE = np.dtype(
    [
        ("message_id", "<u8"),
        *((name, "<f4", 16) for name in ("O_T_EE", "O_T_EE_d", "F_T_EE", "EE_T_K", "F_T_NE", "NE_T_EE")),
        ("m_ee", "<f4"), ("I_ee", "<f4", 9), ("F_x_Cee", "<f4", 3),
        ("m_load", "<f4"), ("I_load", "<f4", 9), ("F_x_Cload", "<f4", 3),
        ("elbow", "<f4", 2), ("elbow_d", "<f4", 2),
        *((name, "<f4", 7) for name in ("tau_J", "tau_J_d", "dtau_J", "q", "q_d", "dq", "dq_d", "ddq_d")),
        ("joint_contact", "<f4", 7), ("cartesian_contact", "<f4", 6),
        ("joint_collision", "<f4", 7), ("cartesian_collision", "<f4", 6),
        ("tau_ext_hat_filtered", "<f4", 7), ("O_F_ext_hat_K", "<f4", 6), ("K_F_ext_hat_K", "<f4", 6),
        ("O_dP_EE_d", "<f4", 6), ("O_ddP_O", "<f4", 3),
        ("elbow_c", "<f4", 2), ("delbow_c", "<f4", 2), ("ddelbow_c", "<f4", 2),
        ("O_T_EE_c", "<f4", 16), ("O_dP_EE_c", "<f4", 6), ("O_ddP_EE_c", "<f4", 6),
        ("theta", "<f4", 7), ("dtheta", "<f4", 7),
        ("accelerometer_top", "<f4", 18), ("accelerometer_bottom", "<f4", 18),
        ("motion_generator_mode", "u1"), ("controller_mode", "u1"),
        ("errors", "u1", 41), ("reflex_reason", "u1", 41),
        ("robot_mode", "u1"), ("control_command_success_rate", "<f4"),
    ]
)  # fmt: skip

COMMAND = np.dtype(
    [
        ("message_id", "<u8"),
        ("q_c", "<f8", 7), ("dq_c", "<f8", 7),
        ("O_T_EE_c", "<f8", 16), ("O_dP_EE_c", "<f8", 6), ("elbow_c", "<f8", 2), ("valid_elbow", "u1"),
        ("motion_generation_finished", "u1"),
        ("tau_J_d", "<f8", 7), ("torque_command_finished", "u1"),
    ]
)  # fmt: skip

GRIPPER_STATE = struct.Struct("<IddBH")
"""message_id, width (m), max_width (m), is_grasped, temperature."""

ERRORS = (
    "joint_position_limits_violation", "cartesian_position_limits_violation", "self_collision_avoidance_violation",
    "joint_velocity_violation", "cartesian_velocity_violation", "force_control_safety_violation", "joint_reflex",
    "cartesian_reflex", "max_goal_pose_deviation_violation", "max_path_pose_deviation_violation",
    "cartesian_velocity_profile_safety_violation", "joint_position_motion_generator_start_pose_invalid",
    "joint_motion_generator_position_limits_violation", "joint_motion_generator_velocity_limits_violation",
    "joint_motion_generator_velocity_discontinuity", "joint_motion_generator_acceleration_discontinuity",
    "cartesian_position_motion_generator_start_pose_invalid", "cartesian_motion_generator_elbow_limit_violation",
    "cartesian_motion_generator_velocity_limits_violation", "cartesian_motion_generator_velocity_discontinuity",
    "cartesian_motion_generator_acceleration_discontinuity", "cartesian_motion_generator_elbow_sign_inconsistent",
    "cartesian_motion_generator_start_elbow_invalid", "force_controller_desired_force_tolerance_violation",
    "start_elbow_sign_inconsistent", "communication_constraints_violation", "power_limit_violation",
    "cartesian_motion_generator_joint_position_limits_violation",
    "cartesian_motion_generator_joint_velocity_limits_violation",
    "cartesian_motion_generator_joint_velocity_discontinuity",
    "cartesian_motion_generator_joint_acceleration_discontinuity",
    "cartesian_position_motion_generator_invalid_frame", "controller_torque_discontinuity",
    "joint_p2p_insufficient_torque_for_planning", "tau_j_range_violation", "instability_detected",
    "joint_move_in_wrong_direction", "cartesian_spline_motion_generator_violation",
    "joint_via_motion_generator_planning_joint_limit_violation", "base_acceleration_initialization_timeout",
    "base_acceleration_invalid_reading",
)  # fmt: skip


class Order(IntEnum):
    """Requests to the robot."""

    CONNECT = 0
    MOVE = 1
    STOP_MOVE = 2
    SET_COLLISION_BEHAVIOR = 3
    SET_NE_TO_EE = 8
    SET_LOAD = 9
    RECOVER = 10
    GET_MODEL = 11


class MoveStatus(IntEnum):
    """Answers to MOVE."""

    SUCCESS = 0
    STARTED = 1
    PREEMPTED = 2
    NOT_POSSIBLE = 5
    REFLEX = 8
    EMERGENCY = 9
    ABORTED = 11


class RobotMode(IntEnum):
    """As in the state."""

    IDLE = 1
    MOVE = 2
    REFLEX = 4
    USER_STOPPED = 5


class Generator(IntEnum):
    """What a motion commands, as in the state; requests count from 0."""

    IDLE = 0
    JOINT_POSITION = 1
    CARTESIAN_POSE = 3


class GripperOrder(IntEnum):
    """Requests to the gripper."""

    CONNECT = 0
    HOMING = 1
    GRASP = 2
    MOVE = 3
    STOP = 4


class GripperStatus(IntEnum):
    """Answers of the gripper."""

    SUCCESS = 0
    FAIL = 1
    UNSUCCESSFUL = 2
    ABORTED = 3


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one of the two interfaces frames its TCP messages: header of the message, status of the answer."""

    header: struct.Struct
    status: struct.Struct

    def request(self, buffer: bytes) -> "Request | None":
        """The first message of `buffer`; none while it is not complete."""
        if len(buffer) < self.header.size:
            return None
        order, number, size = self.header.unpack_from(buffer)
        return Request(order, number, buffer[self.header.size : size], size) if len(buffer) >= size else None

    def message(self, order: int, number: int, payload: bytes = b"") -> bytes:
        """A request of a client."""
        return self.header.pack(order, number, self.header.size + len(payload)) + payload

    def answer(self, order: int, number: int, status: int, payload: bytes = b"") -> bytes:
        """An answer to the request of that number."""
        return self.message(order, number, self.status.pack(status) + payload)


@dataclass(frozen=True, slots=True)
class Request:
    """One TCP message of a client: order, number, payload and its whole size."""

    order: int
    number: int
    payload: bytes
    size: int


ROBOT = Protocol(struct.Struct("<III"), struct.Struct("<B"))
GRIPPER = Protocol(struct.Struct("<HII"), struct.Struct("<H"))
CONNECT_PAYLOAD = struct.Struct("<HH")
"""Version, UDP port of the client."""
MOVE_PAYLOAD = struct.Struct("<II6dB7d")
"""Controller, generator, path and goal deviation, asynchronous, joint velocities."""
VERSION_PAYLOAD = struct.Struct("<H")
