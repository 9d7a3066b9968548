"""What the rows of an experiment amount to: figures a cell, and the comparison that was chosen ahead."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from trial_runner.statistics.comparison import Difference, SequentialTest, Verdict, barnard_p, difference
from trial_runner.statistics.intervals import Progress, SuccessRate, progress, success_rate
from trial_runner.trials.experiment import Experiment, FixedNumber
from trial_runner.trials.rows import Row

OVERALL = "all"
"""In place of a task or condition: over all of them."""


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One policy in one cell.

    Attributes:
        task: or "all".
        condition: or "all".
        policy: which one.
        progress: mean and standard error.
        success: with its Wilson interval.
        seconds: times to success, in rising order.
        interventions: of all its trials.
        gate: check -> chunks that it changed or refused.
        ended_at: last stage reached -> unsuccessful trials that ended there, the earliest stage first.
    """

    task: str
    condition: str
    policy: str
    progress: Progress
    success: SuccessRate
    seconds: tuple[float, ...]
    interventions: int
    gate: Mapping[str, int]
    ended_at: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StartScores:
    """One start, and how far each policy came from it (0..1; None where it was not tried yet)."""

    task: str
    condition: str
    start: int
    scores: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first policy against the second, over all cells.

    Attributes:
        first: name.
        second: name.
        difference: of mean progress, over starts that both have met.
        pairs: how many of those.
        finding: the chosen test and what it says, in words.
    """

    first: str
    second: str
    difference: Difference | None
    pairs: int
    finding: str


def cells(experiment: Experiment, rows: Iterable[Row]) -> list[CellFigures]:
    """Figures of every cell that has rows, in the order of the experiment; with several cells, overall ones last."""
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row.task, row.condition, row.policy].append(row)
        found[OVERALL, OVERALL, row.policy].append(row)
    keys = [(t, c, p) for (t, c), p in product(product(experiment.tasks, experiment.conditions), experiment.policies)]
    if len(experiment.tasks) * len(experiment.conditions) > 1:
        keys += [(OVERALL, OVERALL, policy) for policy in experiment.policies]
    return [_figures(*key, found[key]) for key in keys if key in found]


def _figures(task: str, condition: str, policy: str, rows: Sequence[Row]) -> CellFigures:
    by_score = sorted(rows, key=lambda row: row.score)
    return CellFigures(
        task=task,
        condition=condition,
        policy=policy,
        progress=progress([row.score for row in rows]),
        success=success_rate(sum(row.success for row in rows), len(rows)),
        seconds=tuple(sorted(row.seconds for row in rows if row.success)),
        interventions=sum(row.interventions for row in rows),
        gate=sum((Counter(row.gate) for row in rows), Counter()),
        ended_at=Counter(row.stage or "before the first stage" for row in by_score if not row.success),
    )


def comparison(experiment: Experiment, rows: Iterable[Row]) -> Comparison | None:
    """The comparison of the experiment's first two policies; none where there is only one."""
    if len(experiment.policies) < 2:
        return None
    first, second = list(experiment.policies)[:2]
    pairs = paired(rows, first, second)
    scores = [(ours.score, theirs.score) for ours, theirs in pairs]
    gap = difference(*zip(*scores, strict=True), paired=True, seed=experiment.seed) if len(pairs) > 1 else None
    return Comparison(first, second, gap, len(pairs), _finding(experiment, pairs, first, second))


def starts(experiment: Experiment, rows: Iterable[Row]) -> list[StartScores]:
    """Every start that anyone has met, in the order of the experiment, scores in the order of its policies."""
    found = {(row.task, row.condition, row.start, row.policy): row.score for row in rows}
    met = {key[:3] for key in found}
    order = [key for key in product(experiment.tasks, experiment.conditions, range(experiment.trials)) if key in met]
    return [StartScores(*key, tuple(found.get((*key, policy)) for policy in experiment.policies)) for key in order]


def paired(rows: Iterable[Row], first: str, second: str) -> list[tuple[Row, Row]]:
    """Rows of the same start by the two policies, in the order in which the later one of each pair was run."""
    waiting: dict[tuple[str, str, int], Row] = {}
    pairs = []
    for row in rows:
        if row.policy in (first, second):
            other = waiting.pop((row.task, row.condition, row.start), None)
            if other is None:
                waiting[row.task, row.condition, row.start] = row
            else:
                pairs.append((row, other) if row.policy == first else (other, row))
    return pairs


def pairs_planned(experiment: Experiment) -> int:
    """Starts that both policies meet in the whole experiment."""
    return len(experiment.tasks) * len(experiment.conditions) * experiment.trials


def sequential_verdict(experiment: Experiment, rows: Iterable[Row]) -> Verdict:
    """What the sequential test says; GO_ON where the experiment has chosen the other test, or has one policy."""
    if isinstance(experiment.comparison, FixedNumber) or len(experiment.policies) < 2:
        return Verdict.GO_ON
    first, second = list(experiment.policies)[:2]
    test = SequentialTest(experiment.comparison.alpha, pairs_planned(experiment))
    return test.verdict([(ours.success, theirs.success) for ours, theirs in paired(rows, first, second)])


def _finding(experiment: Experiment, pairs: Sequence[tuple[Row, Row]], first: str, second: str) -> str:
    chosen, planned = experiment.comparison, pairs_planned(experiment)
    if isinstance(chosen, FixedNumber):
        if len(pairs) < planned:
            return f"Barnard's exact test waits for all {planned} pairs of trials; {len(pairs)} are there"
        p = barnard_p(sum(ours.success for ours, _ in pairs), sum(theirs.success for _, theirs in pairs), len(pairs))
        shown = "a difference was shown" if p < chosen.alpha else str(Verdict.UNDECIDED)
        return f"Barnard's exact test of successes, two-sided: p = {p:.3g}; at {chosen.alpha:g}, {shown}"
    rows = [row for pair in pairs for row in pair]
    said = str(sequential_verdict(experiment, rows)).replace("the first", first).replace("the second", second)
    return f"sequential test of paired successes at {chosen.alpha:g}, after {len(pairs)} of {planned} pairs: {said}"
