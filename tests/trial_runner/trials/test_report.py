import io
from pathlib import Path

import pytest
from rich.console import Console

from molmoact_common.errors import UserError
from trial_runner.trials.folder import ExperimentFolder, begin
from trial_runner.trials.report import cell_texts, results_table, write_report
from trial_runner.trials.results import cells
from trial_runner.trials.rows import Row

TEXT = """\
title: <two> policies
policies:
  ours: {policy: tiny}
  theirs: {policy: expert}
tasks: [wipe_table]
trials: 2
"""


@pytest.fixture
def folder(tmp_path) -> ExperimentFolder:
    (tmp_path / "e.yaml").write_text(TEXT)
    return begin(tmp_path / "e.yaml", tmp_path / "experiment")


def fill(folder: ExperimentFolder) -> None:
    for trial in folder.left:
        score, stage = (1.0, "wiped to the end") if trial.policy == "ours" else (0.25, "towel grasped")
        row = Row(
            trial.number, trial.policy, trial.task, trial.condition, trial.start, score, score == 1, 20.0 + trial.start,
            stage, interventions=1, gate={"workspace": 3}, note="<slipped>", bag=f"trials/{trial.number}/bag",
        )  # fmt: skip
        folder.rows.add(row)


def test_the_table_has_the_papers_form_and_names_the_test(folder):
    fill(folder)
    out = io.StringIO()
    Console(file=out, width=180).print(results_table(folder))
    assert "1.00 ± 0.00" in out.getvalue()
    assert "2/2 (100%, 34% to 100%)" in out.getvalue()
    assert "4 of 4 trials. Barnard's exact test of successes, two-sided: p = 0.125" in " ".join(out.getvalue().split())


def test_the_page_holds_every_trial_and_is_escaped(folder):
    fill(folder)
    page = write_report(folder).read_text()
    assert page.count("&lt;slipped&gt;") == 4
    assert "<title>&lt;two&gt; policies</title>" in page
    assert 'href="trials/3/bag"' in page
    assert "<td>towel grasped</td><td>2</td>" in page
    assert "<th>workspace</th>" in page
    assert page.count("<td>6</td>") == 2  # two trials of each policy, three chunks each
    assert "<td>wipe_table</td><td>in_distribution</td><td>1</td><td>1.00</td><td>0.25</td>" in page


def test_the_median_of_two_lies_between_them(folder):
    fill(folder)
    assert [cell_texts(cell)[5] for cell in cells(folder.experiment, folder.rows)] == ["20.5", "–"]


def test_the_sheet_is_there_to_look_at_and_to_print(folder):
    fill(folder)
    write_report(folder)
    assert (folder.path / "report.png").read_bytes().startswith(b"\x89PNG")
    assert (folder.path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_without_rows_the_page_says_so(folder):
    page = write_report(folder).read_text()
    assert "0 of 4 trials" in page


def test_a_folder_without_an_experiment_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="cannot read"):
        ExperimentFolder(tmp_path)
