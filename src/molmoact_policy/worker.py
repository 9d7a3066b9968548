"""The reasoning thread: waits for something new on the desk, answers it, and hands every thought out."""

import threading
from collections.abc import Callable
from typing import Any

from molmoact.runtime.backend import Backend
from molmoact.runtime.observation import Observation
from molmoact_policy.observing import Desk
from molmoact_policy.thinking import Thought, ThoughtStage, think

WAKE_SECONDS = 0.5
"""The thread looks at the desk at least this often, so that a lost wake-up or a closing node costs no more."""


class ReasoningWorker:
    """Owns the thread in which the backend runs; everybody touches the desk only while holding `lock`."""

    def __init__(
        self,
        desk: Desk[Any],
        backend: Backend,
        arms: tuple[str, ...],
        now: Callable[[], int],
        publish: Callable[[Thought], None],
    ) -> None:
        """`now` is the graph's clock (nanoseconds); `publish` is called in the worker's thread for every thought."""
        self.lock = threading.Condition()
        self.failure: BaseException | None = None
        self._desk = desk
        self._backend = backend
        self._arms = arms
        self._now = now
        self._publish = publish
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="reasoning", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, deadline_s: float) -> bool:
        """Ask the thread to end, and wait `deadline_s` for it; whether it did."""
        with self.lock:
            self._closing = True
            self.lock.notify_all()
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._closing:
                self._answer_next()
        except Exception as error:  # noqa: BLE001 - kept for the node, which ends the process with it
            self.failure = error

    def _answer_next(self) -> None:
        with self.lock:
            observation = self._desk.observe(self._now())
            if observation is None:
                self.lock.wait(WAKE_SECONDS)
                return
        for thought in think(
            self._backend, observation, self._arms, self._now, lambda: self._why_cancelled(observation)
        ):
            if thought.stage is ThoughtStage.ACTION:
                with self.lock:
                    self._desk.gate.sent(observation.sequence, self._now())
            self._publish(thought)

    def _why_cancelled(self, observation: Observation) -> str:
        with self.lock:
            return "the node is closing" if self._closing else self._desk.cancelled(observation)
