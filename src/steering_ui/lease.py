"""One controller and many watchers: who holds the controls, and whether that page is still there."""

from steering_ui.errors import RefusedError


class Lease:
    """Held by one connection that must be heard of within `patience` seconds; time in seconds is passed in."""

    def __init__(self, patience: float) -> None:
        self.holder = ""
        self._patience = patience
        self._heard = 0.0

    def claim(self, who: str, now: float) -> None:
        """Give the controls to `who`.

        Raises:
            RefusedError: somebody else has them.
        """
        if self.holder not in ("", who):
            raise RefusedError("another page has the controls; it must release them first")
        self.holder = who
        self._heard = now

    def require(self, who: str) -> None:
        """Raise unless `who` has the controls.

        Raises:
            RefusedError: with what to do.
        """
        if self.holder != who:
            raise RefusedError("this page only watches; take control first")

    def heard(self, who: str, now: float) -> None:
        """A sign of life of a connection."""
        if self.holder == who:
            self._heard = now

    def release(self, who: str) -> bool:
        """`who` lets go of the controls, or is gone; whether it had them."""
        if not who or self.holder != who:
            return False
        self.holder = ""
        return True

    def lapsed(self, now: float) -> bool:
        """Whether the holder has just been lost; it has the controls no more."""
        if not self.holder or now - self._heard <= self._patience:
            return False
        self.holder = ""
        return True
