"""Looks at a running session from outside: when it became ready, what its processes use, how its states come."""

import os
import time
from typing import TYPE_CHECKING

from bench.results import Section
from bench.usage import UsageLog
from molmoact_bringup.runner import Runner
from trial_runner.graph_view import GraphView

if TYPE_CHECKING:
    from bench.state_probe import StateProbe


class Onlooker:
    """Made right before the session starts; called at each of its steps (see `run_session`)."""

    def __init__(self, arm: str) -> None:
        self.usage = UsageLog()
        self.probe: StateProbe | None = None
        self._arm = arm
        self._began = time.monotonic()
        self._reached: dict[str, float] = {}

    def __call__(self, runner: Runner, view: GraphView) -> None:
        """Take in what happened since the last step."""
        now = time.monotonic()
        self._note("arm connected", view.all_in("idle", "holding", "running"), now)
        self._note("policy ready", bool(view.policy), now)
        self._probe().take()
        if view.all_in("running", "holding"):
            self._note("arm follows", holds=True, now=now)
            self.usage.sample({**runner.running, "this benchmark": os.getpid()}, now)

    def start_section(self) -> Section:
        """Seconds of wall time from the first process's start to each event."""
        rows = {what: (at - self._began,) for what, at in self._reached.items()}
        note = "From the start of the first process; looked at four times a second. Between the last two: homing."
        return Section("start (s)", ("after",), rows, note)

    def close(self) -> None:
        """Leave the graph."""
        if self.probe is not None:
            self.probe.close()

    def _note(self, what: str, holds: bool, now: float) -> None:
        if holds:
            self._reached.setdefault(what, now)

    def _probe(self) -> "StateProbe":
        if self.probe is None:
            from bench.state_probe import StateProbe  # noqa: PLC0415  needs the environment of the graph

            self.probe = StateProbe(self._arm)
        return self.probe
