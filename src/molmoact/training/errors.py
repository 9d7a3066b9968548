"""What ends a training run, in one line that names the last good checkpoint."""

from molmoact_common.errors import UserError


class TrainingError(UserError):
    """A run cannot begin or go on."""

    exit_code = 1


class NotFiniteError(TrainingError):
    """A loss or a gradient is infinite or no number."""
