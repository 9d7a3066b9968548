"""The cell's physics with the servos of franky-sim inside of MuJoCo: joints and fingers that follow set points."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import Pose
from sim_cell.object_settings import FINGER_STROKE
from sim_cell.scene import DAMPING, build_physics_scene, find
from sim_cell.settings import HAND_TCP, SceneSettings

TICK = 1 / 480
"""Seconds of a tick: twice those of the Franka control interface, and a whole number of them in a step of 1/15 s."""

FINGER_SPEED = 0.05
"""Of one finger, m/s: half of GripperConfig.speed, and what franky-sim's hand does at most."""

FINGER_STIFFNESS, FINGER_DAMPING = 1000.0, 50.0
"""N/m and Ns/m of a finger: franky-sim's."""

GRIP_FORCE = 30.0
"""Newton: GripperConfig.force."""

_JOINTS = 7


class Servo:
    """The world of one arm; joints and fingers are driven as franky-sim drives them, without its tick in Python.

    Args:
        settings: a scene with one arm.
    """

    def __init__(self, settings: SceneSettings) -> None:
        self.model: Any = mujoco.MjModel.from_xml_string(_servo_scene(settings))
        self.model.opt.timestep = TICK
        self.model.actuator_biasprm[:_JOINTS, 2] *= DAMPING
        self.data: Any = mujoco.MjData(self.model)
        self._objects = settings.objects
        (self._arm,) = settings.arms.values()
        self._hand = self.model.body("robot0_hand").id
        self._width = FINGER_STROKE
        self._set_point = FINGER_STROKE / 2

    def reset(self, start: Mapping[str, Pose]) -> None:
        """Arm at home with open fingers, the objects in their places, everything at rest."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:_JOINTS] = self._arm.home
        self.data.qpos[_JOINTS : _JOINTS + 2] = FINGER_STROKE / 2
        for name, pose in start.items():
            self.data.joint(f"{name}_joint").qpos[:] = np.concatenate([pose.position, np.roll(pose.quaternion, 1)])
        self._width, self._set_point = FINGER_STROKE, FINGER_STROKE / 2
        self.data.ctrl[:_JOINTS] = self._arm.home
        self.data.ctrl[_JOINTS:] = FINGER_STROKE / 2
        mujoco.mj_forward(self.model, self.data)

    def grip(self, width: float) -> None:
        """Send the fingers to `width` between them (metres), as the hand's `move` and `grasp` do."""
        if width != self._width:
            self._width = width
            # Stretched as far as the damper takes at full speed, the spring sets out at once.
            finger = float(self.data.qpos[_JOINTS])
            self._set_point = finger + np.sign(width / 2 - finger) * FINGER_SPEED * FINGER_DAMPING / FINGER_STIFFNESS

    def advance(self, joints: NDArray[np.float64], ticks: int) -> None:
        """Let time pass with the arm's set point at `joints` (radians, shape (7,))."""
        way = FINGER_SPEED * TICK * ticks
        self._set_point += float(np.clip(self._width / 2 - self._set_point, -way, way))
        self.data.ctrl[:_JOINTS] = joints
        self.data.ctrl[_JOINTS:] = self._set_point
        mujoco.mj_step(self.model, self.data, ticks)

    @property
    def joints(self) -> NDArray[np.float64]:
        """Measured, radians, shape (7,)."""
        return np.array(self.data.qpos[:_JOINTS])

    @property
    def tcp(self) -> NDArray[np.float64]:
        """True pose of the hand_tcp frame in the base, position (metres) and quaternion x y z w."""
        mujoco.mj_kinematics(self.model, self.data)
        matrix = self.data.xmat[self._hand].reshape(3, 3)
        return np.concatenate(
            [self.data.xpos[self._hand] + matrix @ HAND_TCP, np.roll(self.data.xquat[self._hand], -1)]
        )

    @property
    def opening(self) -> float:
        """Of the gripper, 0 closed .. 1 open."""
        return float(np.clip(self.data.qpos[_JOINTS : _JOINTS + 2].sum() / FINGER_STROKE, 0.0, 1.0))

    @property
    def objects(self) -> NDArray[np.float64]:
        """Position (metres) and quaternion x y z w of each object, shape (n, 7), in the scene's order."""
        rows = [self.data.joint(f"{name}_joint").qpos for name in self._objects]
        return np.array([np.concatenate([row[:3], np.roll(row[3:], -1)]) for row in rows])


def _servo_scene(settings: SceneSettings) -> str:
    """The physics scene with a servo for each finger in place of one for both, and an arm that weighs nothing."""
    root = build_physics_scene(settings).simulator.scene
    actuators = find(root, "actuator")
    actuators.remove(find(actuators, "general[@name='robot0_hand']"))
    for number in (1, 2):
        joint = f"robot0_finger_joint{number}"
        force = f"{-GRIP_FORCE} {GRIP_FORCE}"
        servo = {"name": joint, "joint": joint, "kp": f"{FINGER_STIFFNESS}", "kv": f"{FINGER_DAMPING}"}
        ET.SubElement(actuators, "position", servo, forcerange=force)
    for body in find(root, "worldbody/body[@name='robot0_base']").iter("body"):
        body.set("gravcomp", "1")
    return ET.tostring(root, encoding="unicode")
