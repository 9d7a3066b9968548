"""Every motion that the driver sends, shaped so that franky's planner cannot fail on a target that is at hand."""

from collections.abc import Sequence

import franky

from molmoact_common.poses import Pose

LEAST_TIME = franky.Duration(20)
"""Milliseconds that the way takes at least; a way worth the name takes longer anyway.

Time-optimal, a way of some nanometres from almost rest is over in microseconds, below the tolerances of ruckig, which
plans for franky: it then finds no common time for the axes and gives up (-111), the motion breaks off, and the arm
stops hard. Of random states below 2e-9 m and 2e-8 m/s it failed on one in 10 to 75, and on none of 120,000 with a
least time of 10, 20 or 50 ms.
"""

ARRIVED = franky.RelativeDynamicsFactor.MAX_DYNAMICS
"""Dynamics of holding a target that is reached.

franky 2.0.0 plans anew in each of the last 10 ms of a motion, from the target to itself, without the least time, and
ruckig fails on what rounding has left, as above. With this factor franky asks for no common time of the axes, and
ruckig has nothing left to fail on (none of 120,000). How fast it may go over less than a nanometre does not matter.
"""


def cartesian_motion(
    target: Pose, share: franky.RelativeDynamicsFactor, *, ends: bool
) -> franky.CartesianWaypointMotion:
    """To `target` (TCP, base frame); where it does not end there, it holds the target until the next motion."""
    there = franky.CartesianState(franky.Affine(target.position, target.quaternion))
    way = franky.CartesianWaypoint(there, minimum_time=LEAST_TIME)
    rest = franky.CartesianWaypoint(there, relative_dynamics_factor=ARRIVED)
    return franky.CartesianWaypointMotion([way, rest], relative_dynamics_factor=share, return_when_finished=ends)


def joint_motion(q: Sequence[float], share: franky.RelativeDynamicsFactor) -> franky.JointWaypointMotion:
    """To the joints `q` (rad), and ends there."""
    there = franky.JointState(list(q))
    way = franky.JointWaypoint(there, minimum_time=LEAST_TIME)
    rest = franky.JointWaypoint(there, relative_dynamics_factor=ARRIVED)
    return franky.JointWaypointMotion([way, rest], relative_dynamics_factor=share)
