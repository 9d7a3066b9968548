"""Who may look at the page: one token a start, exchanged for sessions that live in cookies."""

import secrets

from steering_ui.errors import RefusedError
from steering_ui.rates import TokenBucket

TRIES = 5
"""Logins that may follow at once; then one every `SECONDS_A_TRY`: 256 bits are not found that way."""

SECONDS_A_TRY = 2.0

MOST_SESSIONS = 64
"""A laboratory has fewer browsers; the oldest session ends where one more begins."""


def new_secret() -> str:
    """256 random bits, fit for URLs and cookies."""
    return secrets.token_urlsafe(32)


class Access:
    """The token and the sessions that were opened with it; time in seconds is passed in."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._sessions: list[str] = []
        self._tries = TokenBucket(rate=1 / SECONDS_A_TRY, burst=TRIES)

    def login(self, token: str, now: float) -> str:
        """A new session for the bearer of the token.

        Raises:
            RefusedError: wrong, or too many tries.
        """
        if not self._tries.take(now):
            raise RefusedError("too many logins; wait some seconds")
        if not secrets.compare_digest(token.encode(), self._token):
            raise RefusedError("wrong token; open the address that the steering node printed at its start")
        session = new_secret()
        self._sessions = [*self._sessions[1 - MOST_SESSIONS :], session]
        return session

    def knows(self, session: str) -> bool:
        """Whether this session was opened here."""
        given = session.encode()
        return any(secrets.compare_digest(given, known.encode()) for known in self._sessions)
