"""The health board knows the newest of everything, and when something fell silent."""

from molmoact_bringup.health import SILENT_AFTER, Changes, HealthBoard, Level
from molmoact_bringup.processes import Ended


def row(board, name, now=0.0):
    return next(row for row in board.rows(now) if row.name == name)


def test_processes_wait_then_run_until_they_end():
    board = HealthBoard(("world", "bridge", "late"))
    assert row(board, "world").state == "waiting"
    board.processes_run(["world", "bridge"])
    board.process_ended(Ended("bridge", -11, ("trouble",)))
    assert (row(board, "world").state, row(board, "late").state) == ("running", "waiting")
    assert (row(board, "bridge").state, row(board, "bridge").detail) == ("killed by SIGSEGV", "trouble")
    assert row(board, "bridge").level is Level.ERROR


def test_the_newest_report_of_a_node_counts():
    board = HealthBoard(())
    board.node_reports("camera", 2, "no frames", now=0.0)
    board.node_reports("camera", 0, "15 Hz", now=1.0)
    assert (row(board, "camera", 1.0).level, row(board, "camera", 1.0).detail) == (Level.OK, "15 Hz")


def test_a_level_that_is_not_known_is_an_error():
    board = HealthBoard(())
    board.node_reports("camera", 77, "?", now=0.0)
    assert row(board, "camera").level is Level.ERROR


def test_silence_is_noticed_and_forgiven():
    board = HealthBoard(())
    board.node_reports("camera", 0, "fine", now=0.0)
    assert row(board, "camera", SILENT_AFTER).state == "ok"
    assert row(board, "camera", SILENT_AFTER + 0.1).level is Level.STALE
    board.node_reports("camera", 0, "fine", now=9.0)
    assert row(board, "camera", 9.1).level is Level.OK


def test_an_arm_shows_mode_reason_and_steps():
    board = HealthBoard(())
    board.arm_reports("arm", 4, 0.0, reason="stop pressed", command_step=12, dry_run=True)
    assert row(board, "arm").state == "stopped"
    assert row(board, "arm").detail == "stop pressed, 12 steps, dry run"
    assert row(board, "arm").level is Level.WARN


def test_going_to_and_fro_between_chunks_is_no_change():
    board = HealthBoard(())
    board.arm_reports("arm", 2, 0.0, reason="", command_step=7, dry_run=False)
    running = row(board, "arm")
    board.arm_reports("arm", 3, 0.1, reason="", command_step=8, dry_run=False)
    holding = row(board, "arm")
    assert running.state == holding.state == "following"
    assert (running.detail, holding.detail) == ("running, 7 steps", "holding, 8 steps")


def test_a_change_is_one_line_and_no_change_is_none():
    board, changes = HealthBoard(("world",)), Changes()
    assert changes.lines(board.rows(0.0)) == ["process world: waiting"]
    board.node_reports("camera", 0, "14.9 Hz", now=0.0)
    assert changes.lines(board.rows(0.0)) == ["node camera: ok (14.9 Hz)"]
    board.node_reports("camera", 0, "15.1 Hz", now=1.0)
    assert changes.lines(board.rows(1.0)) == []
    board.node_reports("camera", 1, "3 Hz", now=2.0)
    assert changes.lines(board.rows(2.0)) == ["node camera: warn (3 Hz)"]
