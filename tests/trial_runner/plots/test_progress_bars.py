import pytest
from matplotlib.figure import Figure

from trial_runner.plots import progress_bars
from trial_runner.trials.experiment import Experiment
from trial_runner.trials.plan import plan
from trial_runner.trials.results import OVERALL, CellFigures, cells
from trial_runner.trials.rows import Row


def figures(tasks: int) -> list[CellFigures]:
    tried = Experiment(
        title="t",
        policies={"ours": {"policy": "tiny"}, "theirs": {"policy": "expert"}},
        tasks=[f"task{number}" for number in range(tasks)],
        trials=2,
    )
    rows = [Row(t.number, t.policy, t.task, t.condition, t.start, t.start / 2, False, 9.0) for t in plan(tried)]
    return [cell for cell in cells(tried, rows) if cell.task != OVERALL]


@pytest.mark.parametrize(("tasks", "crowded"), [(1, False), (4, False), (5, True)])
def test_every_cell_has_its_bar_and_many_have_room(tasks, crowded):
    figure, found = Figure(), figures(tasks)
    progress_bars.draw(figure, found)
    (axes,) = figure.axes
    assert progress_bars.crowded(found) is crowded
    assert [bar.get_height() for bar in axes.patches] == [0.25] * 2 * tasks
    assert len(axes.get_xticklabels()) == tasks
    assert (axes.get_xticklabels()[0].get_rotation() > 0) is crowded
