"""What a robot and its limits are: the schema of config/robots/*.yaml."""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy.spatial.transform import Rotation

from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings

Three = tuple[float, float, float]
Seven = tuple[float, float, float, float, float, float, float]
Share = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
TranslationalStiffness = Annotated[float, Field(ge=10, le=3000)]
RotationalStiffness = Annotated[float, Field(ge=1, le=300)]


class Placement(Settings):
    """A frame in its parent: position (metres) and fixed-axis roll, pitch, yaw (radians)."""

    position: Three = (0.0, 0.0, 0.0)
    rpy: Three = (0.0, 0.0, 0.0)

    def pose(self) -> Pose:
        """The same as a pose."""
        return Pose(np.array(self.position), Rotation.from_euler("xyz", self.rpy).as_quat())


class Load(Settings):
    """What the hand carries: mass (kg), centre of mass in the flange frame (m), inertia (kg m2, by columns)."""

    mass: float = Field(default=0.0, ge=0, le=3.0)
    center_of_mass: Three = (0.0, 0.0, 0.0)
    inertia: tuple[Three, Three, Three] = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


class Collision(Settings):
    """Thresholds of the robot's own reflexes.

    Above `contact_*` the robot marks a contact, above `reflex_*` it stops by itself. Torques are Nm a joint, forces
    N and Nm of the external wrench. Defaults: 10 and 20 Nm and 10 N are libfranka's example, 30 N is franky's default.
    """

    contact_torque: Positive = 10.0
    reflex_torque: Positive = 20.0
    contact_force: Positive = 10.0
    reflex_force: Positive = 30.0


class Limits(Settings):
    """Limits of an FR3, from libfranka 0.21.2's rate_limiting.h; franky's wheel carries a Panda's, so they are set.

    Translation m/s, m/s2, m/s3; rotation and elbow rad/s, rad/s2, rad/s3; joints the same, one figure a joint.
    """

    translation: Three = (3.0, 9.0, 4500.0)
    rotation: Three = (2.5, 17.0, 8500.0)
    elbow: Three = (1.5, 10.0, 5000.0)
    joint_velocity: Seven = (2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26)
    joint_acceleration: Seven = (10.0,) * 7
    joint_jerk: Seven = (5000.0,) * 7


class Dynamics(Settings):
    """Shares of the limits that motions may use.

    Attributes:
        velocity: of chunk motions; the TCP's speed cap of the safety file holds besides.
        acceleration: of chunk motions; franky's planner begins from none at each setpoint that preempts another, a jump
            that the joints see as jerk: of 2,000 random chunks the worst took 0.9 of the FR3's at 0.07, 1.3 at 0.1
            (benchmarks/soak_motion.py). An arm lags by the way that braking takes.
        jerk: of chunk motions.
        stop: of a halt, acceleration and jerk; 0.13 ends 250 mm/s in about 0.22 s. franky's planner brakes each axis of
            the hand by itself, so a turned hand brakes up to 1.7 times as hard: with it lowered and turned the joints
            took 0.80 of the FR3's acceleration at 0.13 and 0.98 at 0.16 (benchmarks/halts.py), at the strict robot
            0.90 and 1.01.
        home: of the motion to the home joints.
    """

    velocity: Share = 0.5
    acceleration: Share = 0.07
    jerk: Share = 0.3
    stop: Share = 0.13
    home: Share = 0.15


class Impedance(Settings):
    """Spring and damper of the driver `franky_impedance`; the ranges are those of the FR3's own Cartesian impedance.

    Each pair is of the translation and of the turn. Where no source is named: docs/explanation/drivers.md.

    Attributes:
        stiffness: N/m and Nm/rad; the defaults are those of franky up to 1.1.4 (of 2.0.0: 500 and 50, too soft here).
        damping: Ns/m and Nms/rad; twice what franky takes by itself, which lets the simulated FR3 swing.
        error_clip: m and rad that the spring is stretched at most along each axis: with the stiffness, the force that
            an obstacle feels (20 N, below the reflex; 15 Nm).
        posture_stiffness: Nm/rad of each joint towards home, in the null space only.
        torque_step: Nm that a joint's torque may change in a millisecond (libfranka's limit for the FR3 is 1).
        acceleration: share of the limits of translation and rotation that the reference takes.
        joint_margin: rad before the end of a joint's range at which a soft repulsion begins (franky's default).
    """

    stiffness: tuple[TranslationalStiffness, RotationalStiffness] = (2000.0, 200.0)
    damping: tuple[Positive, Positive] = (180.0, 25.0)
    error_clip: tuple[Positive, Positive] = (0.01, 0.075)
    posture_stiffness: float = Field(default=5.0, ge=0, le=100)
    torque_step: float = Field(default=1.0, gt=0, le=1.0)
    acceleration: Share = 0.1
    joint_margin: Positive = 0.1


class GripperConfig(Settings):
    """The Franka hand.

    Attributes:
        max_width: metres between the fingers at opening 1 (the hand's stroke).
        speed: m/s of the width (0.05 a finger: figure of franky-sim and frankx; Franka's sheet was not found).
        force: N of a grasp, within the 70 N that the hand holds continuously (same source).
        hysteresis: change of opening below which nothing is sent.
        close_deadline: seconds that the end of the process waits for a command under way.
    """

    max_width: float = Field(default=0.08, gt=0, le=0.08)
    speed: float = Field(default=0.1, gt=0, le=0.1)
    force: float = Field(default=30.0, gt=0, le=70.0)
    hysteresis: float = Field(default=0.1, gt=0, lt=1)
    close_deadline: Positive = 3.0


class Deadlines(Settings):
    """Seconds after which a call to the robot counts as failed; libfranka itself has none.

    `home` counts the robot's own time, the others wall time; `stall` is how long the robot's clock may stand still on
    the way home.
    """

    connect: float = Field(default=6.0, gt=0, le=8.0)
    recover: Positive = 5.0
    home: Positive = 60.0
    stall: Positive = 5.0
    close: Positive = 2.0


class ArmConfig(Settings):
    """One arm.

    Attributes:
        host: address of the robot's FCI.
        base_in_world: where its base stands.
        frame_prefix: joint names are <prefix>_joint1 ... 7, as in the robot's own URDF.
        driver: how targets reach the arm.
        realtime: "enforce" needs a PREEMPT_RT kernel; "ignore" runs on any.
        home: joints (rad) from which motion starts.
        home_tolerance: rad a joint that counts as being there.
        end_effector: TCP in the nominal end effector frame that Desk sets (NE_T_EE).
        gripper: none where the arm has none.
    """

    host: str = Field(min_length=1)
    base_in_world: Placement = Placement()
    frame_prefix: str = "fr3"
    driver: Literal["franky_position", "franky_impedance"] = "franky_position"
    realtime: Literal["enforce", "ignore"] = "enforce"
    home: Seven = (0.0, -math.pi / 4, 0.0, -3 * math.pi / 4, 0.0, math.pi / 2, math.pi / 4)
    home_tolerance: float = Field(default=0.05, gt=0, le=0.5)
    end_effector: Placement = Placement()
    load: Load = Load()
    collision: Collision = Collision()
    limits: Limits = Limits()
    dynamics: Dynamics = Dynamics()
    impedance: Impedance = Impedance()
    deadlines: Deadlines = Deadlines()
    gripper: GripperConfig | None = GripperConfig()


class RobotConfig(Settings):
    """The arms that one bridge moves, by name."""

    arms: dict[str, ArmConfig] = Field(min_length=1, max_length=2)
