"""The process cell_world."""

import socket
import subprocess

import pytest

from support.solo_cell import running_world, world_command

pytestmark = pytest.mark.robot


def run_to_the_end(*arguments):
    return subprocess.run([*world_command(*arguments)], capture_output=True, text=True, timeout=30, check=False)


def test_the_world_runs_and_ends_cleanly_on_sigterm(tmp_path):
    with running_world(tmp_path, "127.0.64.5", "--seed", "4") as cell:
        cell.wait_tick(20)
        assert (cell.control.task, cell.control.seed) == ("put_block_in_tray", 4)
        cell.process.terminate()
        assert cell.process.wait(10) == 0


def test_a_port_in_use_is_one_line_and_exit_code_2(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.64.6", 1337))
        taken.listen()
        ended = run_to_the_end("--cell-dir", str(tmp_path), "--host", "127.0.64.6")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "choose another --host" in ended.stderr


@pytest.mark.parametrize(
    ("option", "value", "says"), [("--task", "juggle", "no task"), ("--config", "/nowhere", "cannot read")]
)
def test_a_persons_mistake_is_one_line_and_exit_code_2(tmp_path, option, value, says):
    ended = run_to_the_end("--cell-dir", str(tmp_path), "--host", "127.0.64.7", option, value)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_held_world_goes_slow_and_comes_back(tmp_path):
    with running_world(tmp_path, "127.0.64.8") as cell:
        cell.control.put(hold_tick=0)
        held = cell.ring.newest().tick
        cell.wait_tick(cell.control.tick + 2)
        slow = cell.control.tick
        assert slow < held + 500
        cell.control.put(hold_tick=2**62)
        cell.wait_tick(slow + 200)


def test_in_real_time_the_world_waits_for_nobody(tmp_path):
    with running_world(tmp_path, "127.0.64.12", "--mode", "realtime") as cell:
        cell.control.put(hold_tick=0, rendered_tick=0)
        cell.wait_tick(400)
