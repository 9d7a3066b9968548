"""`molmoact up cell` with all real processes: it comes up, takes orders, ends cleanly and leaves nothing."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from molmoact_bringup.leftovers import DdsFiles
from support.dummy_executables import is_alive, wait_until

HOST = "127.0.66.5"
MOLMOACT = str(Path(sys.prefix) / "bin" / "molmoact")
SHARED_MEMORY = Path("/dev/shm")

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(240)]


def environment():
    return {**os.environ, "AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "66", "OMP_NUM_THREADS": "1"}


def molmoact(*words):
    return subprocess.run(
        [MOLMOACT, *words], env=environment(), capture_output=True, text=True, timeout=150, check=False
    )


@pytest.fixture
def cell(tmp_path):
    """A cell that is coming up: the runner's process, its output so far, and the folder of its runs."""
    output = tmp_path / "output"
    command = [MOLMOACT, "up", "cell", "--robot-host", HOST, "--runs", str(tmp_path / "runs")]
    with output.open("w") as file:
        process = subprocess.Popen(command, env=environment(), stdout=file, stderr=subprocess.STDOUT)
    yield process, output, tmp_path / "runs"
    process.kill()
    process.wait()


def comes_up(cell):
    process, output, _ = cell
    said = "arm arm: idle"
    assert wait_until(lambda: process.poll() is not None or said in output.read_text(), 120)
    assert said in output.read_text(), output.read_text()


def children_of(process):
    """Process id -> its node, by the executables' command lines."""
    ids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in ids}
    return {pid: Path(line.split("\0")[1]).name for pid, line in lines.items()}


def maps_of(pid):
    try:
        return Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return ""


def abandoned(files):
    """Those that are still there though no process has them mapped; other graphs share ports with this one."""
    everybody = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return {path for path in files if path.exists()} - mapped_by(everybody)


def mapped_by(pids):
    """Files in shared memory that these processes have mapped, but for those that LTTng keeps for the machine."""
    text = "".join(maps_of(pid) for pid in pids)
    lines = {line.split()[-1] for line in text.splitlines()}
    return {Path(line) for line in lines if line.startswith(f"{SHARED_MEMORY}/") and "lttng" not in line}


def test_it_takes_orders_and_an_interrupt_leaves_nothing(cell):
    comes_up(cell)
    process, output, runs = cell
    children = children_of(process)
    files = mapped_by(children)
    assert len(children) == 8
    assert files
    assert molmoact("instruct", "put the red block into the tray").stdout.startswith("instruction: ")
    assert molmoact("arm", "start").stdout == "following chunks\n"
    assert wait_until(lambda: "arm arm: following" in output.read_text(), 60)
    again = molmoact("arm", "start")
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    assert molmoact("speed", "0.5").stdout == "speed factor 0.5 from the next step on\n"
    assert molmoact("speed", "2").returncode == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, output.read_text()
    assert not [pid for pid in children if is_alive(pid)]
    assert not abandoned(files)
    assert list(runs.glob("*/bag/metadata.yaml"))


def test_a_killed_process_is_named_and_ends_the_graph(cell):
    comes_up(cell)
    process, output, _ = cell
    children = children_of(process)
    files = mapped_by(children)
    os.kill(next(pid for pid, name in children.items() if name == "policy_node"), signal.SIGKILL)
    assert process.wait(60) == 2
    assert output.read_text().splitlines()[-1].startswith("policy ended (killed by SIGKILL)")
    assert not [pid for pid in children if is_alive(pid)]
    assert not abandoned(files)


def test_a_killed_runner_leaves_no_process(cell):
    comes_up(cell)
    process = cell[0]
    children = children_of(process)
    scratch = {path.parent for path in mapped_by(children)} - {SHARED_MEMORY}
    files = DdsFiles()
    files.note([process.pid, *children])
    process.kill()
    assert wait_until(lambda: not [pid for pid in children if is_alive(pid)])
    files.remove_unused()
    for folder in scratch:
        shutil.rmtree(folder)


def test_an_order_without_a_graph_is_one_line():
    answer = subprocess.run(
        [MOLMOACT, "arm", "stop"],
        env={**environment(), "ROS_DOMAIN_ID": "68"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr.startswith("nobody offers bridge/stop; ")
    assert len(answer.stderr.splitlines()) == 1
