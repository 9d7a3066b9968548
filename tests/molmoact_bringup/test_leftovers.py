"""Only files that this run's processes had mapped, and that nobody maps any more, are removed."""

import pytest

from molmoact_bringup.leftovers import DdsFiles


@pytest.fixture
def machine(tmp_path):
    """A /proc and a /dev/shm of our own."""
    processes, memory = tmp_path / "proc", tmp_path / "shm"
    processes.mkdir()
    memory.mkdir()
    (processes / "self").mkdir()
    return processes, memory


def process(machine, pid, *files):
    folder = machine[0] / str(pid)
    folder.mkdir(exist_ok=True)
    lines = [f"7f00-7f10 rw-s 00000000 00:19 5 /dev/shm/{name}" for name in files]
    (folder / "maps").write_text("\n".join(["7f00-7f10 r-xp 00000000 08:01 9 /lib/libc.so.6", *lines]))
    return pid


def memory_files(machine, *names):
    for name in names:
        (machine[1] / name).write_bytes(b"")


def left(machine):
    return {path.name for path in machine[1].iterdir()}


def test_files_of_a_killed_process_go_with_their_locks(machine):
    names = ["fastrtps_0a1b", "fastrtps_0a1b_el", "fastrtps_port7412", "sem.fastrtps_port7412_mutex"]
    memory_files(machine, *names)
    files = DdsFiles(*machine)
    pid = process(machine, 7, "fastrtps_0a1b", "fastrtps_port7412")
    files.note([pid])
    (machine[0] / "7" / "maps").unlink()
    assert {path.name for path in files.remove_unused()} == set(names)
    assert not left(machine)


def test_what_another_process_still_maps_stays(machine):
    memory_files(machine, "fastrtps_0a1b", "fastrtps_port7412")
    files = DdsFiles(*machine)
    files.note([process(machine, 7, "fastrtps_0a1b", "fastrtps_port7412")])
    (machine[0] / "7" / "maps").unlink()
    process(machine, 8, "fastrtps_port7412")
    files.remove_unused()
    assert left(machine) == {"fastrtps_port7412"}


def test_files_of_other_runs_stay(machine):
    memory_files(machine, "fastrtps_dead", "other")
    files = DdsFiles(*machine)
    files.note([process(machine, 7), 999])
    assert files.remove_unused() == []
    assert left(machine) == {"fastrtps_dead", "other"}
