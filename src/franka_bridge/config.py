"""What a robot and its limits are: the schemas of config/robots/*.yaml and config/safety/*.yaml."""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator
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
            that the joints see as jerk: the demo's own paths took 0.90 of the FR3's limit at 0.1 and 1.28 at 0.15,
            where a robot that checks it ended the motion (tests/strict).
        jerk: of chunk motions.
        stop: of a halt, acceleration and jerk; 0.16 ends 250 mm/s in about 0.19 s. With the hand lowered and turned the
            joints saw 1.01 of the FR3's acceleration at 0.16, 1.04 at 0.2, 1.12 at 0.25 (benchmarks/soak_strict.py).
        home: of the motion to the home joints.
    """

    velocity: Share = 0.5
    acceleration: Share = 0.1
    jerk: Share = 0.3
    stop: Share = 0.16
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
        joint_margin: rad before the end of a joint's range at which a soft repulsion begins (franky's default).
    """

    stiffness: tuple[TranslationalStiffness, RotationalStiffness] = (2000.0, 200.0)
    damping: tuple[Positive, Positive] = (180.0, 25.0)
    error_clip: tuple[Positive, Positive] = (0.01, 0.075)
    posture_stiffness: float = Field(default=5.0, ge=0, le=100)
    torque_step: float = Field(default=1.0, gt=0, le=1.0)
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


class SafetyConfig(Settings):
    """What the gate and the watchdog hold; lengths in each arm's base frame.

    Attributes:
        speed_cap: m/s of the TCP (reduced speed of ISO 10218-1; no compliance is claimed).
        turn_cap: rad/s of the TCP (the speed cap on a lever of a quarter of a metre).
        speed_factor: 0.05..1, scales both caps and stretches time; lengths stay.
        max_row_translation: metres; a chunk with a longer row is nonsense and refused (LIBERO's largest is 0.05).
        max_row_rotation: rad, the same (LIBERO's largest is 0.5).
        workspace_lower: corner of the box that the TCP stays in.
        workspace_upper: the opposite corner.
        table_height: z of the table's plane.
        table_clearance: the TCP stays this far above it.
        leash_translation: metres that the measured TCP may be away from the commanded one.
        leash_rotation: rad, the same.
        leash_patience: seconds to wait for an arm on its leash before the chunk is given up.
        braking: m/s2 with which an arm is sure to brake before a wall of the box and the table (fr3.yaml's planner has
            0.1 of 9).
        joint_margin: rad that each joint keeps from the ends of its range.
        joint_speed: share of the robot's own limit that a joint may have, mean over a step; within a step the planner
            sways by less than two.
        singularity_slow: condition number of the Jacobian (metres and radians as they are) from which on the caps
            shrink: some millimetres before the arm is stretched.
        singularity_stop: condition number that no target reaches.
        arms_apart: metres between two arms.
        wrench_force: N of external force beyond its value at start at which a chunk is given up.
        wrench_torque: Nm, the same.
        max_age_holding: seconds; an older observation's chunk is refused while the arm holds.
        max_age_running: the same while a chunk is being commanded (async).
        watchdog: seconds of the robot's own time without a beat of the timeline (MoveIt Servo's figure).
        stall: seconds of the graph's clock that a robot's own may stand still; longer than the one in which libfranka
            notices silence.
        presence: "required": the policy moves the arms only while somebody holds a dead-man switch.
        presence_patience: seconds that a report of the switch is good for (three at 10 Hz).
        operator_patience: seconds after an operator's chunk in which the policy's are refused.
    """

    speed_cap: float = Field(default=0.25, gt=0, le=1.0)
    turn_cap: float = Field(default=1.0, gt=0, le=2.5)
    speed_factor: float = Field(default=1.0, ge=0.05, le=1.0)
    max_row_translation: float = Field(default=0.06, gt=0, le=0.2)
    max_row_rotation: float = Field(default=0.6, gt=0, le=1.6)
    workspace_lower: Three = (0.2, -0.45, 0.0)
    workspace_upper: Three = (0.75, 0.45, 0.75)
    table_height: float = 0.0
    table_clearance: float = Field(default=0.005, ge=0)
    leash_translation: Positive = 0.05
    leash_rotation: Positive = 0.3
    leash_patience: Positive = 1.0
    braking: float = Field(default=0.7, gt=0, le=9.0)
    joint_margin: float = Field(default=0.1, ge=0, le=0.5)
    joint_speed: Share = 0.5
    singularity_slow: float = Field(default=100.0, gt=1)
    singularity_stop: float = Field(default=200.0, gt=1)
    arms_apart: float = Field(default=0.03, ge=0)
    wrench_force: Positive = 20.0
    wrench_torque: Positive = 5.0
    max_age_holding: Positive = 10.0
    max_age_running: Positive = 3.0
    watchdog: float = Field(default=0.1, ge=0.02, le=1.0)
    stall: float = Field(default=1.5, gt=1.0, le=5.0)
    presence: Literal["off", "required"] = "off"
    presence_patience: float = Field(default=0.3, ge=0.1, le=1.0)
    operator_patience: float = Field(default=0.5, gt=0, le=5.0)

    @field_validator("presence", mode="before")
    @classmethod
    def _off_is_a_word(cls, value: object) -> object:
        return "off" if value is False else value  # as YAML reads it without quotes

    @model_validator(mode="after")
    def _box_is_not_empty(self) -> "SafetyConfig":
        pairs = zip(self.workspace_lower, self.workspace_upper, strict=True)
        if any(low >= high for low, high in pairs):
            raise ValueError("each number of workspace_lower must be below that of workspace_upper")
        if self.table_height + self.table_clearance >= self.workspace_upper[2]:
            raise ValueError("the table's plane must lie below the top of the workspace")
        if self.singularity_slow >= self.singularity_stop:
            raise ValueError("singularity_slow must be below singularity_stop")
        return self
