"""When what happened: reasoning, execution and the arms' modes on one time axis, coloured by how each chunk ended."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from matplotlib.patches import Patch

from demo_recorder.records import ArmMode, ArmRecord
from trial_runner.plots.style import INK, MODES, PAPER, VERDICTS, say_nothing_there
from trial_runner.plots.time_axis import run_seconds, set_time_axis, shown_seconds
from trial_runner.run_data import ChunkStory, RunData

LANE = 0.62
DIGIT = 0.006
"""Width of a digit of a chunk's number, of the shown time: it is written where it fits into the bar."""


def draw(figure: Any, run: RunData) -> None:
    """Lanes from the top: reasoning, execution, then one an arm."""
    if not run.stories and not run.arms:
        say_nothing_there(figure, "neither chunks nor arm state were recorded")
        return
    axes = figure.subplots()
    lanes = ["reasoning", "execution", *(f"{arm}: mode" for arm in run.arms)]
    axes.set_yticks(range(len(lanes)), lanes, color=INK)
    for story in run.stories:
        _draw_story(axes, story, run)
    for lane, samples in enumerate(run.arms.values(), start=2):
        for mode, start, end in mode_spans(samples):
            axes.barh(lane, (end - start) / 1e9, LANE, run_seconds(run, start), color=MODES[mode])
    axes.set_ylim(len(lanes) - 0.5, -0.7)
    axes.grid(visible=False, axis="y")
    axes.set_title("chunk timeline")
    set_time_axis(axes, run, labelled=True)
    _add_legend(axes, run)


def mode_spans(samples: Sequence[ArmRecord]) -> Iterator[tuple[ArmMode, int, int]]:
    """Mode, start and end (nanoseconds) of each stretch in one mode; it lasts until the first sample of the next."""
    groups = [(mode, next(group).stamp_ns) for mode, group in groupby(samples, key=lambda sample: sample.mode)]
    ends = [start for _, start in groups[1:]] + [samples[-1].stamp_ns]
    for (mode, start), end in zip(groups, ends, strict=True):
        yield mode, start, end


def _draw_story(axes: Any, story: ChunkStory, run: RunData) -> None:
    ledger, colour, number = story.ledger, VERDICTS[story.verdict], str(story.number)
    thought_until = max(ledger.action, ledger.trace, ledger.depth, ledger.prefilled, story.observed_ns)
    spans = [(0, story.observed_ns, thought_until)]
    if ledger.first_step_applied:
        spans.append((1, ledger.first_step_applied, max(ledger.last_step_applied, ledger.first_step_applied)))
    left, right = shown_seconds(run)
    for lane, start, end in spans:
        begun, width = run_seconds(run, start), (end - start) / 1e9
        axes.barh(lane, width, LANE, begun, color=colour, edgecolor=colour, linewidth=0.6)
        if width > len(number) * DIGIT * (right - left):
            axes.text(begun + width / 2, lane, number, ha="center", va="center", color=PAPER, fontsize=8)
    if story.why:
        axes.plot(run_seconds(run, thought_until), 0.44, marker="v", color=colour, markersize=6)


def _add_legend(axes: Any, run: RunData) -> None:
    verdicts = [Patch(color=c, label=v.value) for v, c in VERDICTS.items() if any(s.verdict is v for s in run.stories)]
    begun = shown_seconds(run)[0]
    seen = {s.mode for samples in run.arms.values() for s in samples if run_seconds(run, s.stamp_ns) >= begun}
    modes = [Patch(color=c, label=f"arm {m.name.lower()}") for m, c in MODES.items() if m in seen]
    axes.legend(handles=[*verdicts, *modes], loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=9, columnspacing=1.2)
