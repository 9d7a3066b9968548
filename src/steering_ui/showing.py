"""ROS messages as parts of the board: plain values that the page draws."""

import math
from collections import OrderedDict
from typing import Any

from molmoact_common.chunks import Ledger
from molmoact_common.ros.messages import ledger_from_message
from molmoact_common.ros.stamps import to_nanoseconds

MODES = ("disconnected", "idle", "running", "holding", "stopped", "recovering")
STATUSES = ("accepted", "finished", "refused", "discarded", "replaced")
STAGES = ("observed", "depth", "trace", "action", "refused")
RECORDER_STATES = ("idle", "recording", "ended")
MARKS = ("", "success", "failure")
LEVELS = ("ok", "warn", "error", "stale")

OUTCOMES_SHOWN = 8


def word(words: tuple[str, ...], number: int) -> str:
    """The word of a message's number; the number itself where it is not known."""
    return words[number] if number < len(words) else str(number)


def arm_state(message: Any) -> dict[str, Any]:
    """An ArmState."""
    return {
        "mode": word(MODES, message.mode),
        "reason": message.reason,
        "step": int(message.command_step),
        "measured": _position(message.measured),
        "commanded": _position(message.commanded),
        "gripper": number(message.gripper_opening),
        "force": number(math.hypot(message.wrench.force.x, message.wrench.force.y, message.wrench.force.z), 1),
        "dry_run": bool(message.dry_run),
    }


def reasoning(message: Any) -> dict[str, Any]:
    """A Reasoning message; stamps of the ledger in milliseconds after the exposure."""
    return {
        "sequence": int(message.sequence),
        "stage": word(STAGES, message.stage),
        "instruction": message.instruction,
        "model": message.model,
        "depth_codes": [int(code) for code in message.depth_codes],
        "traces": traces(message.traces),
        "drawn": traces(message.drawn),
        "text": message.text,
        "why": message.why,
        "ledger": ledger(ledger_from_message(message.ledger)),
    }


def chunk_outcome(message: Any) -> dict[str, Any]:
    """A ChunkStatus."""
    return {
        "sequence": int(message.sequence),
        "status": word(STATUSES, message.status),
        "rows": int(message.steps_done),
        "reason": message.reason,
        "clipped": list(message.clipped),
        "ledger": ledger(ledger_from_message(message.ledger)),
    }


def recorder(message: Any) -> dict[str, Any]:
    """A RecorderStatus."""
    return {
        "state": word(RECORDER_STATES, message.state),
        "path": message.path.rsplit("/", 1)[-1],
        "seconds": number(message.seconds, 0),
        "megabytes": number(message.bytes / 1e6, 1),
        "mark": word(MARKS, message.mark),
        "warnings": list(message.warnings),
        "reason": message.reason,
    }


def diagnostic(status: Any) -> dict[str, Any]:
    """One DiagnosticStatus."""
    level = status.level if isinstance(status.level, int) else status.level[0]
    return {"level": word(LEVELS, level), "message": status.message}


def gate_activity(values: dict[str, str]) -> dict[str, Any]:
    """What the bridge's diagnostics say of speed and of its gate."""
    counts = {key.removeprefix("gate."): int(value) for key, value in values.items() if key.startswith("gate.")}
    limits = {key.removeprefix("limit."): value for key, value in values.items() if key.startswith("limit.")}
    return {"speed_factor": float(values.get("speed_factor", "1")), "counts": counts, "limits": limits}


def traces(messages: Any) -> dict[str, list[list[int]]]:
    """Arm -> points (x, y), 0..255 of the image that the model sees."""
    return {m.arm: [[int(x), int(y)] for x, y in zip(m.x, m.y, strict=True)] for m in messages}


def ledger(stamps: Ledger) -> dict[str, float]:
    """Milliseconds from the exposure to each stage that was reached."""
    reached = {name: getattr(stamps, name) for name in Ledger.stamp_names()}
    if not stamps.exposure:
        return {}
    return {name: round((at - stamps.exposure) / 1e6, 1) for name, at in reached.items() if at}


def number(value: float, digits: int = 3) -> float | None:
    """A number that JSON knows."""
    return round(value, digits) if math.isfinite(value) else None


class Outcomes:
    """What became of the last chunks; a later word on a chunk takes the place of the earlier one."""

    def __init__(self) -> None:
        self._shown: OrderedDict[int, dict[str, Any]] = OrderedDict()

    def add(self, outcome: dict[str, Any]) -> list[dict[str, Any]]:
        """Take one in; the last ones, newest first."""
        self._shown[outcome["sequence"]] = outcome
        while len(self._shown) > OUTCOMES_SHOWN:
            self._shown.popitem(last=False)
        return list(reversed(self._shown.values()))


def stamp(message: Any) -> int:
    """Nanoseconds of a message's header."""
    return to_nanoseconds(message.header.stamp)


def _position(pose: Any) -> list[float | None]:
    return [number(pose.position.x, 4), number(pose.position.y, 4), number(pose.position.z, 4)]
