"""Quality of service of every topic, in one place."""

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def _profile(reliability: ReliabilityPolicy, durability: DurabilityPolicy, depth: int = 1) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=reliability, durability=durability)


IMAGE = _profile(ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)
"""Camera images and camera info: the newest counts, a lost one is not sent again."""

STATE = _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
"""Arm state, chunks, teleoperation targets: the newest counts and must arrive."""

EVENTS = _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE, depth=50)
"""Reasoning stages, chunk status, diagnostics: each one counts."""

LATCHED = _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)
"""Instruction, stop, robot description, static transforms: late joiners get the newest."""
