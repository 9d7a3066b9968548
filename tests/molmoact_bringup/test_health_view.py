"""A table at a terminal, lines elsewhere."""

from io import StringIO

from rich.console import Console

from molmoact_bringup.health import HealthBoard
from molmoact_bringup.health_view import HealthView, table


def shown(*, terminal: bool) -> str:
    output = StringIO()
    board = HealthBoard(("world",))
    board.node_reports("camera", 1, "3 Hz [low]", now=0.0)
    with HealthView("cell", Console(file=output, force_terminal=terminal, width=80)) as view:
        for _ in range(3):
            view.show(board.rows(0.0))
    return output.getvalue()


def test_elsewhere_each_row_is_told_once_and_plainly():
    assert shown(terminal=False).splitlines() == ["process world: waiting", "node camera: warn (3 Hz [low])"]


def test_at_a_terminal_there_is_a_table():
    assert "│ world" in shown(terminal=True)


def test_what_a_node_says_is_never_read_as_markup():
    board = HealthBoard(())
    board.node_reports("camera", 1, "[/] odd", now=0.0)
    output = StringIO()
    Console(file=output, width=80).print(table("t", board.rows(0.0)))
    assert "[/] odd" in output.getvalue()
