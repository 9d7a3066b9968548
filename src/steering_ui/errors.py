"""What the page refuses."""

from molmoact_common.errors import UserError


class RefusedError(UserError):
    """A login, a message or an order that is not allowed now; nothing was done."""
