"""The robot behind the sockets: modes, errors, the motion under way and the state that tells of them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from support.robot_server.arm import IdealArm
from support.robot_server.kinematics import FLANGE_TO_HAND
from support.robot_server.record import Record, Source
from support.robot_server.wire import ERRORS, STATE, Generator, MoveStatus, RobotMode

LOST_IN_A_ROW = 20
"""Packets in a row without which a robot gives up."""
START_DISTANCE, START_TURN, START_JOINT = 0.05, 0.1, 0.1
"""m, rad, rad that the first command may be away: figures of franka-sim; Franka publishes none."""
OTHER_CONTROLLER = 3


@dataclass(slots=True)
class Motion:
    """One Move of the client, by the number of its request."""

    number: int
    generator: Generator
    controller: int
    commanded: bool = False
    lost: int = 0


@dataclass(slots=True)
class Ending:
    """What the client is still to be told of its Move."""

    number: int
    status: MoveStatus


@dataclass(slots=True)
class Robot:
    """One arm in its cabinet; one call of `apply` a tick."""

    arm: IdealArm
    mode: RobotMode = RobotMode.IDLE
    motion: Motion | None = None
    braking: bool = False
    tick: int = 0
    motions: int = 0
    errors: np.ndarray = field(default_factory=lambda: np.zeros(41, np.uint8))
    reasons: np.ndarray = field(default_factory=lambda: np.zeros(41, np.uint8))
    endings: list[Ending] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    refuse_starts: bool = False
    wrench: np.ndarray = field(default_factory=lambda: np.zeros(6))
    _received: deque[bool] = field(default_factory=lambda: deque(maxlen=100))

    @classmethod
    def at(cls, q: Sequence[float]) -> "Robot":
        return cls(IdealArm.at(np.array(q)))

    @property
    def locked(self) -> bool:
        """Whether a client answers each state, so that the next tick can wait for it."""
        return self.motion is not None and self.motion.commanded

    def begin(self, number: int, generator: Generator, controller: int) -> None:
        """A Move came; what it is told is in `endings`."""
        if self.mode is not RobotMode.IDLE or self.motion is not None:
            self.endings.append(Ending(number, MoveStatus.NOT_POSSIBLE))
            return
        self.arm.rest()
        self.motions += 1
        self.motion, self.mode = Motion(number, generator, controller), RobotMode.MOVE
        self.endings.append(Ending(number, MoveStatus.STARTED))
        self._note(Source.STANDING)

    def apply(self, command: np.ndarray | None) -> None:
        """One tick: the client's answer to the last state, none where it did not come."""
        if self.motion is None:
            self._stand()
        elif command is not None:
            self._received.append(True)
            self._follow(self.motion, command)
        elif self.motion.commanded:
            self._received.append(False)
            self._miss(self.motion)
        else:
            self._note(Source.STANDING)
        self.tick += 1

    def _stand(self) -> None:
        if self.braking and self.arm.brake():
            self.braking = False
            self.arm.rest()
        self._note(Source.BRAKING if self.braking else Source.STANDING)

    def _follow(self, motion: Motion, command: np.ndarray) -> None:
        target = _target(command, motion.generator)
        if not motion.commanded and (error := self._start_error(motion, target)):
            self.reflex(error)
            return
        motion.commanded, motion.lost = True, 0
        self._move(motion, target)
        self._note(Source.CLIENT)
        if command["motion_generation_finished"]:
            self.arm.rest()
            self._note(Source.STANDING)
            self.end(MoveStatus.SUCCESS, RobotMode.IDLE)

    def _start_error(self, motion: Motion, target: np.ndarray) -> str:
        if motion.generator is Generator.JOINT_POSITION:
            far = float(np.abs(target - self.arm.joints.value).max()) > START_JOINT
            return "joint_position_motion_generator_start_pose_invalid" if far or self.refuse_starts else ""
        now = self.arm.pose.value
        cosine = (np.trace(target[:3, :3] @ now[:3, :3].T) - 1) / 2
        far = float(np.linalg.norm(target[:3, 3] - now[:3, 3])) > START_DISTANCE or cosine < np.cos(START_TURN)
        return "cartesian_position_motion_generator_start_pose_invalid" if far or self.refuse_starts else ""

    def _miss(self, motion: Motion) -> None:
        motion.lost += 1
        if motion.lost >= LOST_IN_A_ROW:
            self.reflex("communication_constraints_violation")
            return
        joints = motion.generator is Generator.JOINT_POSITION
        self._move(motion, (self.arm.joints if joints else self.arm.pose).extrapolated())
        self._note(Source.EXTRAPOLATED)

    def _move(self, motion: Motion, target: np.ndarray) -> None:
        if motion.generator is Generator.JOINT_POSITION:
            self.arm.follow_joints(target)
        else:
            self.arm.follow_pose(target)

    def end(self, status: MoveStatus, mode: RobotMode) -> None:
        """The motion, if any, is over; where it was not the client that ended it, the robot brakes by itself."""
        self.mode = mode
        if self.motion is not None:
            self.endings.append(Ending(self.motion.number, status))
            self.braking = status is not MoveStatus.SUCCESS
            self.motion = None

    def reflex(self, *names: str) -> None:
        """Errors by name: the robot stops and wants recovery."""
        self.errors[[ERRORS.index(name) for name in names]] = 1
        self.reasons[:] = self.errors
        self.end(MoveStatus.REFLEX, RobotMode.REFLEX)

    def press_user_stop(self) -> None:
        """Somebody pressed the button."""
        self.end(MoveStatus.EMERGENCY, RobotMode.USER_STOPPED)

    def release_user_stop(self) -> None:
        """And pulled it again."""
        self.mode = RobotMode.IDLE

    def recover(self) -> None:
        """Errors are gone; why they came stays to be read."""
        self.errors[:] = 0
        if self.mode is RobotMode.REFLEX:
            self.mode = RobotMode.IDLE

    def state(self, message_id: int) -> np.ndarray:
        """As the robot tells it."""
        state, arm = np.zeros((), STATE), self.arm
        state["message_id"] = message_id
        pose = _columns(arm.pose.value)
        for name in ("O_T_EE", "O_T_EE_d", "O_T_EE_c"):
            state[name] = pose
        state["O_dP_EE_c"] = state["O_dP_EE_d"] = arm.pose.velocity
        state["O_ddP_EE_c"] = arm.pose.acceleration
        state["q"] = state["q_d"] = state["theta"] = arm.joints.value
        state["dq"] = state["dq_d"] = state["dtheta"] = arm.joints.velocity
        state["ddq_d"] = arm.joints.acceleration
        state["elbow"] = state["elbow_d"] = state["elbow_c"] = (arm.joints.value[2], -1.0)
        state["F_T_NE"], state["NE_T_EE"] = _columns(FLANGE_TO_HAND), _columns(arm.ne_to_ee)
        state["F_T_EE"], state["EE_T_K"] = _columns(arm.flange_to_ee), _columns(np.eye(4))
        state["m_ee"] = 0.73
        state["O_F_ext_hat_K"] = self.wrench
        state["motion_generator_mode"] = self.motion.generator if self.motion else Generator.IDLE
        state["controller_mode"] = self.motion.controller if self.motion else OTHER_CONTROLLER
        state["errors"], state["reflex_reason"], state["robot_mode"] = self.errors, self.reasons, self.mode
        state["control_command_success_rate"] = np.mean(self._received) if self.motion and self._received else 0.0
        return state

    def _note(self, source: Source) -> None:
        motion = self.motions if self.motion is not None or self.braking else 0
        generator = self.motion.generator if self.motion is not None else Generator.IDLE
        self.record.add((self.tick, motion, source, generator, self.arm.pose.value, self.arm.joints.value))


def _target(command: np.ndarray, generator: Generator) -> np.ndarray:
    if generator is Generator.JOINT_POSITION:
        return command["q_c"].copy()
    return command["O_T_EE_c"].reshape(4, 4).T.copy()


def _columns(matrix: np.ndarray) -> np.ndarray:
    return matrix.T.ravel()
