"""What one check found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"  # only some uses need it
    FIX = "fix"  # nothing will work before it is fixed


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check; `advice` says what to do, and is empty only where there is nothing to do."""

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""


def ok(subject: str, found: str) -> Finding:
    """All is well."""
    return Finding(subject, Verdict.OK, found)


def note(subject: str, found: str, advice: str) -> Finding:
    """Some uses need something else."""
    return Finding(subject, Verdict.NOTE, found, advice)


def fix(subject: str, found: str, advice: str) -> Finding:
    """Must be put right first."""
    return Finding(subject, Verdict.FIX, found, advice)
