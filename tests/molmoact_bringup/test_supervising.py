"""A graph runs until its work is done, a person ends it, or a required process dies; then nothing is left."""

import os
import signal
import subprocess
import sys

import pytest

from molmoact_bringup.graph import Graph, NodeSpec
from molmoact_bringup.runner import Runner
from molmoact_bringup.supervising import Termination, enter_environment, supervise
from support.dummy_executables import ENDS_WELL, REFUSES, SLEEPS, install, is_alive, wait_until


def started(tmp_path, *specs, **scripts):
    graph = Graph("test", specs or tuple(NodeSpec(name, name, ros=False) for name in scripts))
    runner = Runner(graph, run=tmp_path / "run", prefix=install(tmp_path / "prefix", **scripts))
    runner.start()
    return runner


def test_it_ends_when_the_work_is_done(tmp_path):
    steps = iter([True, True, False])
    with started(tmp_path, one=SLEEPS) as runner:
        assert supervise(runner, lambda: next(steps), Termination()) is None
    assert list(steps) == []


def test_it_ends_when_a_required_process_does(tmp_path):
    with started(tmp_path, one=SLEEPS, world=REFUSES) as runner:
        fatal = supervise(runner, lambda: True, Termination())
    assert (fatal.name, fatal.code) == ("world", 2)


def test_it_goes_on_without_a_process_that_is_not_required(tmp_path):
    told = []
    specs = (NodeSpec("one", "one", ros=False), NodeSpec("extra", "extra", ros=False, required=False))
    with started(tmp_path, *specs, one=SLEEPS, extra=ENDS_WELL) as runner:
        assert supervise(runner, lambda: not told, Termination(), told.append) is None
    assert [ended.name for ended in told] == ["extra"]


@pytest.mark.parametrize("number", Termination.SIGNALS)
def test_it_ends_when_a_person_asks(tmp_path, number):
    def step():
        os.kill(os.getpid(), number)
        return True

    before = signal.getsignal(number)
    with Termination() as ending, started(tmp_path, one=SLEEPS) as runner:
        assert supervise(runner, step, ending) is None
    assert ending.asked
    assert signal.getsignal(number) is before


def test_own_nodes_share_the_surroundings_of_the_graph(monkeypatch, tmp_path):
    monkeypatch.setenv("AMENT_PREFIX_PATH", sys.prefix)
    monkeypatch.setenv("OF_THE_PERSON", "mine")
    monkeypatch.setenv("OF_THE_GRAPH", "")
    monkeypatch.delenv("OF_THE_GRAPH")
    graph = Graph("g", (), environment={"OF_THE_PERSON": "theirs", "OF_THE_GRAPH": "theirs"})
    enter_environment(graph, tmp_path)
    assert (os.environ["OF_THE_PERSON"], os.environ["OF_THE_GRAPH"]) == ("mine", "theirs")


BRING_UP = """
import sys
from pathlib import Path
from rich.console import Console
from molmoact_bringup.graph import Graph, NodeSpec
from molmoact_bringup.supervising import bring_up
from molmoact_common.errors import UserError
folder, names = Path(sys.argv[1]), sys.argv[2:]
nodes = tuple(NodeSpec(name, name, ros=False) for name in names)
graph = Graph("test", nodes, arms=("arm",), scratch=(folder / "scratch",))
try:
    bring_up(graph, folder / "run", Console(width=200), folder / "prefix")
except UserError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.fixture
def bring_up(tmp_path):
    """Starts bring_up of dummy executables in a process of its own."""
    install(tmp_path / "prefix", sleeps="echo $$; exec sleep 60", refuses=REFUSES)
    processes = []

    def start(*names):
        command = [sys.executable, "-c", BRING_UP, str(tmp_path), *names]
        environment = {**os.environ, "AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "66"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(command, env=environment, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.ros
def test_a_process_that_dies_is_one_line_on_stderr_and_the_others_end(bring_up, tmp_path):
    process = bring_up("sleeps", "refuses")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.splitlines() == [
        "refuses ended (exit code 2): port 1337 is in use; stop the other cell; "
        f"its log: {tmp_path / 'run' / 'logs' / 'refuses'}.log"
    ]
    assert "process refuses: exit code 2 (port 1337 is in use; stop the other cell)" in output
    assert not is_alive(int((tmp_path / "run" / "logs" / "sleeps.log").read_text()))
    assert not (tmp_path / "scratch").exists()


@pytest.mark.ros
def test_an_interrupt_is_a_clean_end(bring_up, tmp_path):
    process = bring_up("sleeps")
    assert process.stdout.readline() == "process sleeps: running\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "stopping" in output
    pid = int((tmp_path / "run" / "logs" / "sleeps.log").read_text())
    assert wait_until(lambda: not is_alive(pid))
    assert not (tmp_path / "scratch").exists()
