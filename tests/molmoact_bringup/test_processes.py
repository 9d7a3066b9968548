"""What is said about a process that ended."""

import os
import sys

import pytest

from molmoact_bringup.processes import ChildProcess, Ended, last_lines
from support.dummy_executables import wait_until


@pytest.mark.parametrize(
    ("code", "how"), [(0, "exit code 0"), (2, "exit code 2"), (-9, "killed by SIGKILL"), (-99, "killed by signal 99")]
)
def test_how_a_process_ended(code, how):
    assert Ended("a", code).how() == how


def test_the_last_thing_said_is_quoted():
    assert Ended("bridge", 2, ("starting", "no robot")).line() == "bridge ended (exit code 2): no robot"


def test_the_end_of_a_long_log_is_read_without_blank_lines(tmp_path):
    log = tmp_path / "log"
    log.write_text("x" * 100_000 + "\nfirst \n\nsecond\n\n")
    assert last_lines(log, 2) == ("first", "second")


def test_bytes_that_are_no_text_do_no_harm(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"\xff\xfe\nend\n")
    assert last_lines(log, 1) == ("end",)


def test_no_log_is_no_lines(tmp_path):
    assert last_lines(tmp_path / "absent", 5) == ()


def test_a_child_does_not_inherit_the_scheduling_of_whoever_starts_it(tmp_path):
    """SCHED_BATCH stands for the real-time class that libfranka gives a thread: it can be set without privileges."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    code = "import os; print(os.sched_getscheduler(0))"
    child = ChildProcess("child", [sys.executable, "-c", code], os.environ, tmp_path / "log")
    assert wait_until(lambda: child.code() is not None)
    assert child.last_lines() == (str(os.SCHED_OTHER),)
