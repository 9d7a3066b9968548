"""The runner starts a graph, says who ended and why, and leaves no process and no file behind."""

import os
import signal
import subprocess
import sys

import pytest
import yaml

from molmoact_bringup.graph import START_LIMIT, Graph, NodeSpec
from molmoact_bringup.runner import Runner
from molmoact_common.errors import UserError
from support.dummy_executables import (
    DEAF,
    ENDS_WELL,
    IGNORES_INTERRUPT,
    PRINTS,
    REFUSES,
    SLEEPS,
    STARTS_A_CHILD,
    install,
    is_alive,
    wait_until,
)

HASTY = ((signal.SIGINT, 0.5), (signal.SIGTERM, 0.5), (signal.SIGKILL, 10.0))


def runner_of(tmp_path, *specs, scratch=(), environment=None, **scripts):
    specs = specs or tuple(NodeSpec(name, name, ros=False) for name in scripts)
    graph = Graph("test", tuple(specs), scratch=scratch, environment=environment or {})
    prefix = install(tmp_path / "prefix", **scripts)
    return Runner(graph, run=tmp_path / "run", prefix=prefix, escalation=HASTY)


def said(tmp_path, name):
    return (tmp_path / "run" / "logs" / f"{name}.log").read_text()


def first_end(runner):
    ended = []
    assert wait_until(lambda: ended.extend(runner.poll()) or ended)
    return ended[0]


def test_processes_end_when_the_block_ends(tmp_path):
    with runner_of(tmp_path, one=SLEEPS, two=SLEEPS) as runner:
        runner.start()
        pids = list(runner.running.values())
        assert all(is_alive(pid) for pid in pids)
    assert not any(is_alive(pid) for pid in pids)


def test_they_end_when_the_block_fails_too(tmp_path):
    runner = runner_of(tmp_path, one=SLEEPS)
    pids = []

    def fails():
        with runner:
            runner.start()
            pids.extend(runner.running.values())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert [is_alive(pid) for pid in pids] == [False]


def test_an_obedient_process_gets_no_signal_but_the_first(tmp_path):
    runner = runner_of(tmp_path, one=SLEEPS)
    runner.start()
    assert [ended.how() for ended in runner.stop()] == ["killed by SIGINT"]


def test_what_ignores_the_first_signal_gets_the_second(tmp_path):
    runner = runner_of(tmp_path, one=IGNORES_INTERRUPT)
    runner.start()
    assert wait_until(lambda: said(tmp_path, "one") == "ready\n")
    assert [ended.code for ended in runner.stop()] == [0]


def test_what_ignores_everything_is_killed(tmp_path):
    runner = runner_of(tmp_path, deaf=DEAF)
    runner.start()
    assert wait_until(lambda: said(tmp_path, "deaf") == "ready\n")
    assert [ended.how() for ended in runner.stop()] == ["killed by SIGKILL"]


def test_what_a_process_started_itself_ends_with_it(tmp_path):
    runner = runner_of(tmp_path, parent=STARTS_A_CHILD)
    runner.start()
    assert wait_until(lambda: said(tmp_path, "parent").endswith("\n"))
    child = int(said(tmp_path, "parent"))
    os.kill(runner.running["parent"], signal.SIGKILL)
    first_end(runner)
    assert wait_until(lambda: not is_alive(child))


def test_it_says_who_refused_to_run_and_why(tmp_path):
    with runner_of(tmp_path, world=REFUSES, other=SLEEPS) as runner:
        runner.start()
        ended = first_end(runner)
    assert ended.line() == "world ended (exit code 2): port 1337 is in use; stop the other cell"


def test_a_signal_is_told_by_its_name(tmp_path):
    with runner_of(tmp_path, one=SLEEPS) as runner:
        runner.start()
        os.kill(runner.running["one"], signal.SIGSEGV)
        assert first_end(runner).line() == "one ended (killed by SIGSEGV), without a word"


def test_a_good_end_is_an_end_too(tmp_path):
    with runner_of(tmp_path, one=ENDS_WELL) as runner:
        runner.start()
        assert first_end(runner).code == 0


def test_a_missing_executable_is_one_line_and_nothing_starts(tmp_path):
    runner = runner_of(tmp_path, NodeSpec("there", "a"), NodeSpec("absent", "b"), there=SLEEPS)
    with runner, pytest.raises(UserError, match=r"no executable .*/absent; install"):
        runner.start()
    assert not runner.running


def test_scratch_folders_live_as_long_as_the_run(tmp_path):
    scratch = tmp_path / "scratch"
    with runner_of(tmp_path, scratch=(scratch,), one=SLEEPS) as runner:
        runner.start()
        (scratch / "frames").write_bytes(b"x")
    assert not scratch.exists()


def test_a_run_begins_with_empty_scratch_folders_though_a_killed_one_left_some(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "control.bin").write_bytes(b"of a world that is gone")
    with runner_of(tmp_path, scratch=(scratch,), one=SLEEPS) as runner:
        runner.start()
        assert list(scratch.iterdir()) == []


def test_a_node_gets_its_name_namespace_remappings_parameters_environment_and_priority(tmp_path):
    spec = NodeSpec(
        "prints",
        "name",
        namespace="space",
        parameters={"serial": "0123", "rate": 2.0, "on": True},
        remappings={"/a": "/b"},
        environment={"OMP_NUM_THREADS": "3"},
        nice=7,
    )
    with runner_of(tmp_path, spec, environment={"SHARED_BY_ALL": "yes"}, prints=PRINTS) as runner:
        runner.start()
        assert wait_until(lambda: said(tmp_path, "name").endswith(f"\n{os.nice(0) + 7}\n"))
    words = said(tmp_path, "name").splitlines()
    assert words[:7] == ["--ros-args", "-r", "__node:=name", "-r", "__ns:=/space", "-r", "/a:=/b"]
    assert {"OMP_NUM_THREADS=3", "SHARED_BY_ALL=yes"} <= set(words)
    written = yaml.safe_load((tmp_path / "run" / "parameters" / "name.yaml").read_text())
    assert written == {"/**": {"ros__parameters": dict(spec.parameters)}}


def test_other_executables_get_their_own_arguments_only(tmp_path):
    spec = NodeSpec("prints", "world", arguments=("--seed", "3"), ros=False)
    with runner_of(tmp_path, spec, prints=PRINTS) as runner:
        runner.start()
        assert wait_until(lambda: "PATH=" in said(tmp_path, "world"))
    words = said(tmp_path, "world").splitlines()
    assert words[:2] == ["--seed", "3"]
    assert "--ros-args" not in words


def test_a_process_that_waits_for_another_starts_once_that_is_ready(tmp_path):
    ready = tmp_path / "ready"
    first = NodeSpec("first", "first", ros=False)
    second = NodeSpec("second", "second", ros=False, after=(ready,))
    with runner_of(tmp_path, second, first, first=f"sleep 0.1; touch {ready}; exec sleep 60", second=SLEEPS) as runner:
        runner.start()
        assert set(runner.running) == {"first"}
        assert wait_until(lambda: runner.poll() or "second" in runner.running)
        assert ready.exists()


def test_a_process_that_waits_in_vain_is_told_as_ended(tmp_path):
    times = [0.0]
    spec = NodeSpec("late", "late", ros=False, after=(tmp_path / "never",))
    graph = Graph("test", (spec,))
    prefix = install(tmp_path / "prefix", late=SLEEPS)
    with Runner(graph, run=tmp_path / "run", prefix=prefix, now=lambda: times[0]) as runner:
        runner.start()
        times[0] = START_LIMIT
        assert runner.poll() == []
        times[0] = START_LIMIT + 1
        (ended,) = runner.poll()
    assert ended.line().endswith("/never was not there in time")
    assert ended.required


ORPHANING = """
import sys, time
from pathlib import Path
from molmoact_bringup.graph import Graph, NodeSpec
from molmoact_bringup.runner import Runner
folder = Path(sys.argv[1])
runner = Runner(Graph("g", (NodeSpec("deaf", "deaf", ros=False),)), run=folder / "run", prefix=folder / "prefix")
runner.start()
print(runner.running["deaf"], flush=True)
time.sleep(60)
"""


def test_a_killed_runner_takes_its_processes_along(tmp_path):
    install(tmp_path / "prefix", deaf=DEAF)
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        child = int(process.stdout.readline())
        assert is_alive(child)
        process.kill()
    assert wait_until(lambda: not is_alive(child))
