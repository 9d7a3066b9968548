"""What one connection says, judged before anything is done: length, rate, form, and that it is not said again."""

from steering_ui.errors import RefusedError
from steering_ui.messages import Command, parse
from steering_ui.rates import TokenBucket

RATE, BURST = 20.0, 40
"""Messages a second; a page beats four times a second and a person clicks less often than that."""

MOST_REFUSALS = 10
"""A page that is refused so often is no page of ours."""


class Inbox:
    """Of one connection; time in seconds is passed in."""

    def __init__(self, connection: str) -> None:
        self._connection = connection
        self._bucket = TokenBucket(rate=RATE, burst=BURST)
        self._newest = 0
        self._refusals = 0

    @property
    def exhausted(self) -> bool:
        """Whether it was refused so often that the connection should end."""
        return self._refusals >= MOST_REFUSALS

    def take(self, text: str, now: float) -> Command:
        """The command in `text`.

        Raises:
            RefusedError: it may not be followed; says why.
        """
        try:
            return self._judged(text, now)
        except RefusedError:
            self._refusals += 1
            raise

    def _judged(self, text: str, now: float) -> Command:
        if not self._bucket.take(now):
            raise RefusedError(f"more than {RATE:g} messages a second")
        command = parse(text)
        if command.connection != self._connection:
            raise RefusedError("a message of another connection")
        if command.seq <= self._newest:
            raise RefusedError(f"message {command.seq} was here before, or came late")
        self._newest = command.seq
        return command
