"""What can go wrong between the bridge and an arm, as far as an operator can do something about it."""

from molmoact_common.errors import UserError


class DriverError(UserError):
    """The robot refused or broke off what it was asked to do; it still answers."""


class DriverLostError(DriverError):
    """The robot does not answer any more; a new connection is needed."""


class NoAnswerError(DriverLostError):
    """It was asked, and has not answered in time."""


class PlannerError(DriverError):
    """The planner on this side found no motion; the robot itself reports no error."""


class RefusedError(UserError):
    """The bridge is in no state for what it was asked; the message says which call comes first."""
