"""The scripted expert: one pure rule that gives an arm's next step from the state, and what that step will lead to."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from molmoact_common.poses import Pose, Vector
from sim_cell.object_settings import FINGER_STROKE

CRUISE = 0.012
"""Metres a step in free space: 180 mm/s at 15 Hz, below the 250 mm/s of the motion gate."""

AXIS = 0.009
"""Metres a step along any one axis, reached often: what only one step in a hundred does lies beyond the statistics'
quantiles, is cut when it is written in symbols, and who replays them ends elsewhere."""

CAREFUL = 0.007
"""Metres a step near the table."""

TURN = 0.04
"""Radians a step: 0.6 rad/s at 15 Hz."""

HOVER = 0.12
"""Height of the TCP above which it passes over blocks, metres."""

ABOVE = 0.004
"""The TCP is over its goal when it is this near, metres (and ALIGNED near in yaw, radians)."""

ALIGNED = 0.03
ARRIVED = 0.001
BESIDE = 0.035
"""Fingers that are this near a block, metres, must go up before they go sideways."""

HOLDS = 0.02
"""A gripper that is closed to the block's size holds a block that is this near the measured TCP, metres."""

CATCH_UP = 0.3
"""Part of its lag that the arm makes up in a step; the commanded TCP runs up to 45 mm ahead at full speed."""

CLOSING, OPENING = 0.06, 0.12
"""Least change of the opening a step (the simulated fingers make about 0.08), so that no grasp is left early."""

OPEN = 0.85
GRIP_SLACK = 0.06
LIFT_HEIGHT = 0.20
DROP = 0.006
"""Height of the release above the place where the block will lie, metres: a tray has a floor."""

LYING = 0.02
"""A block whose centre is no more than this above its place lies there, metres."""

DOWN = Rotation.from_quat([1.0, 0.0, 0.0, 0.0])
"""Orientation of the TCP with the fingers down, as in Franka's ready pose."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a block goes.

    Attributes:
        place: of its centre once it lies there, metres, base frame.
        reach: along x and y, metres: a block that is no farther from the place, and not above it, is there.
    """

    place: Vector
    reach: tuple[float, float]

    def has(self, position: Vector) -> bool:
        """Whether a block with its centre there has arrived."""
        away = np.abs(position - self.place)
        return bool(np.all(away[:2] <= self.reach) and position[2] < self.place[2] + LYING)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, and with what.

    Attributes:
        width: of what is taken between the fingers, metres.
        destination: where it goes; None: it is only lifted.
    """

    width: float
    destination: Destination | None = None

    @property
    def grip(self) -> float:
        """Opening of the gripper on it, 0..1."""
        return self.width / FINGER_STROKE


@dataclass(frozen=True, slots=True)
class State:
    """What the rule looks at; all poses in the arm's base frame, whose axes are the world's.

    Attributes:
        tcp: commanded pose of the TCP.
        hand: measured position of the TCP, metres.
        gripper: commanded opening, 0 closed .. 1 open.
        opening: measured opening.
        block: pose of the block, or the handle, that is meant.
    """

    tcp: Pose
    hand: Vector
    gripper: float
    opening: float
    block: Pose


@dataclass(frozen=True, slots=True)
class Step:
    """Where the TCP shall be after the next step, and the gripper's commanded opening."""

    tcp: Pose
    gripper: float


def next_step(state: State, job: Job) -> Step:
    """The rule: reach for the block, carry it when it is held, leave it when it is where it belongs."""
    if held(state, job):
        return _carry(state, job)
    if job.destination is not None and job.destination.has(state.block.position):
        return _retreat(state)
    return _reach(state, job)


def held(state: State, job: Job) -> bool:
    """Whether the block is between the closed fingers."""
    between = float(np.linalg.norm(state.block.position - state.hand)) < HOLDS
    return between and state.gripper < 0.5 and abs(state.opening - job.grip) <= GRIP_SLACK


def _reach(state: State, job: Job) -> Step:
    block, tcp = state.block.position, state.tcp.position
    around = float(np.linalg.norm(block - tcp)) < HOLDS
    if around and state.gripper < 0.5 and state.opening > job.grip:
        return Step(state.tcp, 0.0)  # the fingers are still closing
    goal = _grip_rotation(state.block)
    aside = float(np.linalg.norm(block[:2] - tcp[:2]))
    turned = float((goal * state.tcp.rotation().inv()).magnitude())
    if aside > ABOVE or turned > ALIGNED:
        return Step(_over(state.tcp, block, goal, aside), 1.0)
    if state.opening < OPEN:
        return Step(state.tcp, 1.0)
    if abs(tcp[2] - block[2]) <= ARRIVED:
        return Step(state.tcp, 0.0)
    return Step(_toward(state.tcp, block, goal, CAREFUL if tcp[2] < HOVER else CRUISE), 1.0)


def _over(tcp: Pose, block: Vector, goal: Rotation, aside: float) -> Pose:
    """Nearer to the place above the block, and first straight up where other blocks could be in the way."""
    if aside > BESIDE and tcp.position[2] < HOVER - 0.02:
        return _toward(tcp, np.array([*tcp.position[:2], HOVER]), tcp.rotation(), CRUISE)
    return _toward(tcp, np.array([*block[:2], HOVER]), goal, CRUISE)


def _carry(state: State, job: Job) -> Step:
    tcp = state.tcp.position
    straight = state.tcp.rotation()
    if job.destination is None:
        return Step(_toward(state.tcp, np.array([*tcp[:2], LIFT_HEIGHT]), straight, CAREFUL), 0.0)
    goal = job.destination.place
    release = goal[2] + DROP
    if float(np.linalg.norm(goal[:2] - tcp[:2])) > ABOVE:
        if tcp[2] < HOVER - 0.02:
            return Step(_toward(state.tcp, np.array([*tcp[:2], HOVER]), straight, CAREFUL), 0.0)
        return Step(_toward(state.tcp, np.array([*goal[:2], HOVER]), DOWN, CRUISE), 0.0)
    if tcp[2] - release > ARRIVED:
        return Step(_toward(state.tcp, np.array([*goal[:2], release]), DOWN, CAREFUL), 0.0)
    return Step(state.tcp, 1.0)


def _retreat(state: State) -> Step:
    if state.opening < OPEN or state.tcp.position[2] >= HOVER:
        return Step(state.tcp, 1.0)
    up = np.array([*state.tcp.position[:2], HOVER])
    return Step(_toward(state.tcp, up, state.tcp.rotation(), CRUISE), 1.0)


def _grip_rotation(block: Pose) -> Rotation:
    """Fingers down and parallel to the sides of the block, turned by an eighth of a turn at most."""
    axis = block.rotation().apply([1.0, 0.0, 0.0])
    yaw = float(np.arctan2(axis[1], axis[0]))
    quarter = np.pi / 2
    return Rotation.from_euler("z", yaw - quarter * round(yaw / quarter)) * DOWN


def _toward(tcp: Pose, goal: Vector, rotation: Rotation, fastest: float) -> Pose:
    """One step nearer; it slows down before the goal, and reaches it exactly."""
    way = goal - tcp.position
    distance = float(np.linalg.norm(way))
    steepest = float(np.abs(way).max())
    length = min(fastest, 0.3 * distance + 0.002, AXIS * distance / steepest if steepest > 0 else fastest)
    position = goal if distance <= length else tcp.position + way * (length / distance)
    turn = (rotation * tcp.rotation().inv()).as_rotvec()
    angle = float(np.linalg.norm(turn))
    part = Rotation.from_rotvec(turn * min(1.0, TURN / angle)) if angle > 0 else Rotation.identity()
    return Pose(position, (part * tcp.rotation()).as_quat())


def predict(state: State, step: Step, job: Job) -> State:
    """The state after a step: the arm follows with a lag, the fingers at their slowest, a held block with the arm."""
    between = float(np.linalg.norm(state.block.position - state.hand)) < HOLDS
    least = job.grip if between else 0.0
    opening = min(1.0, state.opening + OPENING) if step.gripper >= 0.5 else max(least, state.opening - CLOSING)
    hand = state.hand + CATCH_UP * (step.tcp.position - state.hand)
    block = state.block
    if step.gripper < 0.5 and held(state, job):
        block = replace(block, position=block.position + hand - state.hand)
    return State(step.tcp, hand, step.gripper, opening, block)
