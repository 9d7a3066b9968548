"""The doctor's exit code, and that it runs through on this very machine."""

import pytest
import typer

from molmoact_bringup.doctor import command
from molmoact_bringup.doctor.finding import Verdict, fix, note, ok


@pytest.mark.parametrize(
    ("findings", "code"), [([ok("a", ""), note("b", "", "")], 0), ([ok("a", ""), fix("c", "", "")], 1)]
)
def test_only_what_must_be_fixed_fails(monkeypatch, findings, code):
    monkeypatch.setattr(command, "examine", lambda *_: findings)
    with pytest.raises(typer.Exit) as ended:
        command.doctor("", None)
    assert ended.value.exit_code == code


@pytest.mark.slow
def test_every_check_runs_and_says_what_to_do():
    findings = list(command.examine())
    assert len({finding.subject for finding in findings}) == len(findings)
    assert all(finding.advice for finding in findings if finding.verdict is not Verdict.OK)
