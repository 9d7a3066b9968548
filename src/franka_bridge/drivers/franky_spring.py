"""The torque motions of the impedance driver: a spring between the arm and a reference, and how it is let go."""

import franky
import numpy as np

from franka_bridge.config import ArmConfig
from franka_bridge.drivers.leader import Leader
from franka_bridge.kinematics import JointLimits

ALONE_SECONDS = 0.1
"""Longest life of a spring that is not renewed, in the robot's time; the bridge's watchdog. franky has no limit."""

GAINS_SECONDS = 1e-4
"""Time constant of changes of the gains: a spring has those of the one before from its first millisecond."""

HALT_DAMPING = np.array([40.0, 40.0, 40.0, 40.0, 10.0, 10.0, 10.0])
"""Nm s/rad: ends 250 mm/s of the simulated FR3 within 0.2 s; at 1 rad/s below the 12 Nm that the last joints can."""

HALT_SECONDS = 0.3
"""Longest time of a halt; then the robot holds by itself, stiffly. Until then the weight of a load that the robot was
not told of moves the arm: 1 kg half a metre from a joint by 0.04 rad."""

AT_REST = 0.005
"""rad/s below which a halt is over before its time."""


def spring(config: ArmConfig, joints: JointLimits, leader: Leader) -> franky.CartesianImpedanceTrackingMotion:
    """Pulls the TCP after the references that it is given, that of `leader` first.

    It halts by itself after `ALONE_SECONDS`, in libfranka's own loop: with nobody left to move the reference on, its
    speed alone would push the arm along for ever where the clipped spring is the weaker. `joints`: near the ends of
    their ranges they are pushed back softly.
    """
    impedance = config.impedance
    motion = franky.CartesianImpedanceTrackingMotion(
        *impedance.stiffness,
        posture_task=franky.PostureTask(np.array(config.home), impedance.posture_stiffness),
        max_delta_tau=impedance.torque_step,
        lower_joint_limits=joints.lower,
        upper_joint_limits=joints.upper,
        joint_limit_activation_distance=impedance.joint_margin,
        translational_error_clip=np.full(3, impedance.error_clip[0]),
        rotational_error_clip=np.full(3, impedance.error_clip[1]),
        gains_time_constant=GAINS_SECONDS,
    )
    motion.set_gains(franky.CartesianImpedanceGains.isotropic(*impedance.stiffness, *impedance.damping))
    motion.set_reference(reference(leader))
    motion.add_reaction(franky.TorqueReaction(franky.Measure.REL_TIME > ALONE_SECONDS, halt(config)))
    return motion


def reference(leader: Leader) -> franky.CartesianReference:
    """Where `leader` is, and how it moves."""
    return franky.CartesianReference(
        franky.Affine(leader.pose.position, leader.pose.quaternion),
        franky.Twist(leader.velocity.linear, leader.velocity.angular),
        franky.TwistAcceleration(leader.acceleration.linear, leader.acceleration.angular),
    )


def halt(config: ArmConfig) -> franky.TorqueStopMotion:
    """The spring gives way to dampers in the joints until the arm rests; then the motion ends and the robot holds."""
    return franky.TorqueStopMotion(
        damping=HALT_DAMPING,
        ramp_duration=0.0,
        velocity_epsilon=AT_REST,
        max_duration=HALT_SECONDS,
        max_delta_tau=config.impedance.torque_step,
    )
