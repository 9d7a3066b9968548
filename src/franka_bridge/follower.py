"""The follower: chunks in, one gated target per arm and step out; no robot, no clock, no ROS."""

from collections.abc import Mapping
from dataclasses import replace

from franka_bridge.authority import Source
from franka_bridge.blend import blended
from franka_bridge.gate.checks import Measured, Situation, as_it_stands
from franka_bridge.gate.chunk_checks import Arrival
from franka_bridge.gate.gate import Gate
from franka_bridge.gate.judging import Judgement
from franka_bridge.history import History
from franka_bridge.kinematics import Kinematics
from franka_bridge.reports import ChunkReport, Followed, Status
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Targets, absolute_targets
from franka_bridge.timeline import NANOSECONDS, Due, Timeline
from molmoact_common.chunks import Chunk

BLEND_SHARE = 0.25
"""Of the caps: what a step may add to its own length to lead over from one chunk to the next."""


class Follower:
    """Anchors chunks on what was commanded at their observation, and hands out their rows step by step."""

    def __init__(self, gate: Gate, safety: SafetyConfig) -> None:
        self._gate = gate
        self._safety = safety
        self._history = History()
        self._timeline = Timeline(safety.speed_factor)
        self._followed: Followed | None = None
        self._commanded: Targets | None = None
        self._models: Mapping[str, Kinematics] = {}
        self._started_ns = 0
        self._newest_sequence: dict[Source, int] = {}
        self._reports: list[ChunkReport] = []
        self._left_behind = 0  # chunks in a row that an arm on its leash did not follow

    @property
    def command_step(self) -> int:
        """Steps commanded since the bridge started."""
        return self._history.step

    @property
    def commanded(self) -> Targets | None:
        """Newest commanded targets; none before `start`."""
        return self._commanded

    @property
    def step_time(self) -> tuple[int, int]:
        """When the step under way began, as scheduled, and how long it takes; nanoseconds."""
        return self._timeline.step_start_ns, self._timeline.period_ns

    @property
    def following(self) -> bool:
        """Whether a chunk is being commanded."""
        return self._followed is not None

    @property
    def source(self) -> Source | None:
        """Whose chunk is being commanded; none where none is."""
        return self._followed.source if self._followed is not None else None

    @property
    def stuck(self) -> str:
        """Why no chunk will move the arms until somebody recovers; empty: the next one may."""
        if self._left_behind < self._safety.leash_chunks:
            return ""
        return (
            f"leash: {self._left_behind} chunks in a row found an arm away from where it was sent to, and it did not "
            "come; look what holds it, then call recover"
        )

    @property
    def speed_factor(self) -> float:
        """0.05..1: how far the caps are scaled, and time stretched; lengths stay."""
        return self._timeline.speed_factor

    @speed_factor.setter
    def speed_factor(self, value: float) -> None:
        self._timeline.speed_factor = value

    def start(self, targets: Targets, now_ns: int, models: Mapping[str, Kinematics] | None = None) -> None:
        """Motion begins from `targets`; chunks of earlier observations, and their sequence numbers, are forgotten.

        Without `models` of the arms nothing of their joints is checked.
        """
        self._models = models or {}
        self._history.restart(targets)
        self._commanded = targets
        self._started_ns = now_ns
        self._newest_sequence.clear()
        self._left_behind = 0

    def forget(self) -> None:
        """The arms were moved by other means: nothing is commanded until the next `start`."""
        self._commanded = None

    def take_reports(self) -> list[ChunkReport]:
        """Reports since the last call, oldest first."""
        reports, self._reports = self._reports, []
        return reports

    def offer(self, chunk: Chunk, now_ns: int, source: Source = Source.POLICY) -> bool:
        """Enter `chunk` behind the rows that were made since its observation, in place of the one under way.

        Where it would have the arms elsewhere than they were sent to meanwhile, it is led over to: see `blended`.

        Returns:
            Whether the gate let it in; a report says so, or why not.
        """
        anchor = self._history.at(chunk.command_step)
        refusal = self._gate.refusal(chunk, self._arrival(now_ns, anchor, source))
        if refusal or anchor is None:
            self.refuse(chunk, now_ns, refusal, source)
            return False
        self._cut(Status.REPLACED, now_ns, f"chunk {chunk.sequence} came")
        entry = self._history.step - chunk.command_step
        self._timeline.load(self._led_over(chunk, anchor, entry), chunk.step_period, now_ns)
        self._newest_sequence[source] = chunk.sequence
        self._followed = Followed(chunk, source, entry, replace(chunk.ledger, bridge_received=now_ns))
        self._reports.append(self._followed.report(Status.ACCEPTED, now_ns))
        return True

    def _led_over(self, chunk: Chunk, anchor: Targets, entry: int) -> list[Targets]:
        rows = absolute_targets(chunk, anchor)
        planned = rows[entry - 1] if entry else anchor
        share = BLEND_SHARE * chunk.step_period
        step, turn = self._safety.speed_cap * share, self._safety.turn_cap * share
        return blended(rows[entry:], planned, self._commanded or anchor, step, turn)

    def _arrival(self, now_ns: int, anchor: Targets | None, source: Source) -> Arrival:
        return Arrival(
            now_ns=now_ns,
            started_ns=self._started_ns,
            newest_sequence=self._newest_sequence.get(source, -1),
            step=self._history.step,
            anchor_known=anchor is not None,
            running=self.following,
        )

    def refuse(self, chunk: Chunk, now_ns: int, why: str, source: Source = Source.POLICY) -> None:
        """Report that nothing of `chunk` is commanded."""
        entry = max(0, min(self._history.step - chunk.command_step, len(chunk.deltas)))
        refused = Followed(chunk, source, entry, replace(chunk.ledger, bridge_received=now_ns))
        self._reports.append(refused.report(Status.REFUSED, now_ns, why))

    def discard(self, now_ns: int, why: str) -> None:
        """Cut the chunk under way, if there is one."""
        self._cut(Status.DISCARDED, now_ns, why)

    def _cut(self, status: Status, now_ns: int, why: str) -> None:
        if self._followed is not None:
            self._reports.append(self._followed.report(status, now_ns, why))
            self._followed = None
        # The step under way keeps its time, so that what comes next does not hurry it.
        self._timeline.drop_rows()

    def step(self, now_ns: int, measured: Mapping[str, Measured]) -> Targets | None:
        """The targets to command now; none where nothing is due. At most one step a call.

        Args:
            now_ns: time of the graph's clock.
            measured: what each arm feels.
        """
        followed, due = self._followed, self._timeline.due(now_ns)
        if followed is None or self._commanded is None:
            return None
        if due is None:
            if self._timeline.ran_out(now_ns):
                self._reports.append(followed.report(Status.FINISHED, now_ns))
                self._followed = None
            return None
        judged = self._gate.judge(due.targets, self._situations(self._commanded, measured, due))
        followed.clipped.update(dict.fromkeys(judged.touched))
        if judged.refusal:
            self.discard(now_ns, judged.refusal)
        elif judged.wait:
            self._wait(followed, now_ns)
        else:
            followed.waiting_since_ns = None
            return self._command(followed, judged, now_ns)
        return None

    def _situations(self, commanded: Targets, measured: Mapping[str, Measured], due: Due) -> dict[str, Situation]:
        return {
            arm: Situation(
                commanded=as_it_stands(commanded[arm], measured[arm], self._models.get(arm)),
                measured=measured[arm].pose,
                period=due.period,
                speed_factor=self.speed_factor,
                model=self._models.get(arm),
            )
            for arm in due.targets
        }

    def _wait(self, followed: Followed, now_ns: int) -> None:
        """Hold the row back; an arm that does not come is a reason to look again."""
        since = followed.waiting_since_ns
        if since is None or now_ns < since:
            followed.waiting_since_ns = now_ns
        elif now_ns - since > self._safety.leash_patience * NANOSECONDS:
            self._left_behind += 1
            self.discard(now_ns, f"leash: the arm did not follow for {self._safety.leash_patience:g} s")

    def _command(self, followed: Followed, judged: Judgement, now_ns: int) -> Targets:
        """The row, or the part of it that the gate allows in one step."""
        self._timeline.advance(now_ns, done=judged.whole)
        self._left_behind = 0
        self._commanded = judged.targets
        followed.ledger.first_step_applied = followed.ledger.first_step_applied or now_ns
        if judged.whole:
            self._history.record(judged.targets)
            followed.rows_done += 1
            if not self._timeline.rows_left:
                followed.ledger.last_step_applied = now_ns
        return judged.targets
