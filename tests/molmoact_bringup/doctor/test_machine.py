"""Checks of the computer."""

import socket

import pytest

from molmoact_bringup.doctor import machine
from molmoact_bringup.doctor.finding import Verdict


def test_no_shared_memory_must_be_fixed(tmp_path):
    assert machine.check_shared_memory(tmp_path / "absent").verdict is Verdict.FIX


def test_too_little_shared_memory_says_how_much_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "SHARED_MEMORY_NEEDED", 10**9)
    finding = machine.check_shared_memory(tmp_path)
    assert finding.verdict is Verdict.FIX
    assert "needs 1000000000 MiB" in finding.advice


@pytest.mark.parametrize(("content", "verdict"), [("1\n", "ok"), ("0\n", "note")])
def test_a_realtime_kernel_is_told_by_its_flag(tmp_path, content, verdict):
    flag = tmp_path / "realtime"
    flag.write_text(content)
    assert machine.check_realtime_kernel(flag).verdict == verdict


def test_a_kernel_without_the_flag_is_not_realtime(tmp_path):
    assert machine.check_realtime_kernel(tmp_path / "absent").verdict is Verdict.NOTE


@pytest.mark.parametrize(
    ("governors", "verdict"), [([], "ok"), (["performance"] * 2, "ok"), (["performance", "powersave"], "note")]
)
def test_every_cpu_must_run_at_full_clock(tmp_path, governors, verdict):
    for number, governor in enumerate(governors):
        folder = tmp_path / f"cpu{number}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(f"{governor}\n")
    assert machine.check_governor(tmp_path).verdict == verdict


def test_a_port_in_use_is_named():
    with socket.socket() as listener:
        listener.bind(("127.0.66.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        finding = machine.check_ports("127.0.66.1", (port,))
    assert finding.verdict is Verdict.NOTE
    assert str(port) in finding.found
    assert machine.check_ports("127.0.66.1", (port,)).verdict is Verdict.OK
