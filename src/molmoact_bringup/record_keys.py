"""What the keys of `molmoact record` order, and what its view shows; nothing here talks to ROS or a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Group
from rich.table import Table
from rich.text import Text

from demo_recorder.takes import Command, RecorderState

HELP = "space start, then keep   d discard   r redo   y success   n failure   q quit"

_KEYS = {"d": Command.DISCARD, "r": Command.REDO, "y": Command.MARK_SUCCESS, "n": Command.MARK_FAILURE}
_STYLES = {RecorderState.IDLE: "dim", RecorderState.RECORDING: "bold green", RecorderState.ENDED: "bold red"}
_MARKS = ("", "success", "failure")


@dataclass(frozen=True, slots=True)
class RecorderView:
    """The newest RecorderStatus; topics, rates (Hz) and losses are in the contract's order."""

    state: RecorderState = RecorderState.IDLE
    path: str = ""
    instruction: str = ""
    mark: int = 0
    seconds: float = 0.0
    size: int = 0
    topics: Sequence[str] = ()
    rates: Sequence[float] = ()
    lost: Sequence[int] = ()
    warnings: Sequence[str] = field(default=())
    reason: str = ""


def command_for(key: str, state: RecorderState) -> Command | None:
    """What a key orders; none for a key without a meaning. Space goes on to what ordinarily comes next."""
    if key == " ":
        return Command.START if state is RecorderState.IDLE else Command.KEEP
    return _KEYS.get(key)


def headline(view: RecorderView) -> Text:
    """The state in one line."""
    words = [view.state.name.lower()]
    if view.state is not RecorderState.IDLE:
        words += [view.path, f"{view.seconds:.1f} s", f"{view.size / 2**20:.1f} MiB", _MARKS[view.mark]]
        words += [f"ended: {view.reason}"] if view.reason else []
    return Text("   ".join(word for word in words if word), style=_STYLES[view.state])


def picture(view: RecorderView, instruction: str, said: str) -> Group:
    """The whole view: state, rates, warnings, and what the recorder said to the last order."""
    table = Table(box=None)
    table.add_column("topic")
    for name in ("Hz", "lost"):
        table.add_column(name, justify="right")
    for topic, rate, lost in zip(view.topics, view.rates, view.lost, strict=True):
        table.add_row(topic, f"{rate:.1f}", Text(str(lost), style="red" if lost else ""))
    warnings = [Text(line, style="yellow") for line in view.warnings]
    return Group(headline(view), Text(view.instruction or instruction), table, *warnings, Text(said), Text(HELP, "dim"))
