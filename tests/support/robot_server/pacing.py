"""Who decides when the next tick comes: nobody (as fast as it goes), or a test that grants them one by one."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass


class TickGate:
    """Lets the robot's thread through; a test holds it and grants ticks."""

    def __init__(self) -> None:
        self._allowed = math.inf
        self._change = threading.Condition()
        self.done = 0

    @property
    def held(self) -> bool:
        """Whether ticks are granted."""
        return self._allowed != math.inf

    def hold(self) -> None:
        """No tick from now on but those that are granted."""
        with self._change:
            self._allowed = self.done

    def free(self) -> None:
        """Every tick again."""
        with self._change:
            self._allowed = math.inf
            self._change.notify_all()

    def grant(self, ticks: int) -> None:
        """So many more; returns at once."""
        with self._change:
            self._allowed = self.done + ticks
            self._change.notify_all()

    def wait(self, seconds: float) -> None:
        """Until all that were granted are done.

        Raises:
            TimeoutError: they are not, after so long.
        """
        with self._change:
            if not self._change.wait_for(lambda: self.done >= self._allowed, seconds):
                raise TimeoutError(f"{self._allowed - self.done:g} ticks are not done after {seconds:g} s")

    def permitted(self, seconds: float) -> bool:
        """Whether a tick may be made; waits for it up to so long."""
        with self._change:
            return self._change.wait_for(lambda: self.done < self._allowed, seconds)

    def count(self) -> None:
        """A tick was made."""
        with self._change:
            self.done += 1
            if self.done >= self._allowed:
                self._change.notify_all()


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to do once a condition holds."""

    condition: Callable[[], bool]
    action: Callable[[], None]


class Script:
    """What shall happen to a robot and when; each entry once, looked at before every tick."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def when(self, condition: Callable[[], bool], action: Callable[[], None]) -> None:
        """`action` once `condition` holds; both are called on the robot's thread."""
        self._entries.append(Entry(condition, action))

    def run(self) -> None:
        """Do what is due."""
        for entry in self._entries.copy():
            if entry.condition():
                self._entries.remove(entry)
                entry.action()
