from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial_runner.trials.rows import Row, Rows, RowsError

ROW = Row(
    3, "nano", "wipe_table", "language", 1, 0.5, False, 12.5, "towel grasped", 1, {"workspace": 2}, "slipped", "b/3"
)


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = Rows(tmp_path / "rows")
    rows.add(ROW)
    rows.add(replace(ROW, number=7, note="äöü\nnext line"))
    assert list(Rows(tmp_path / "rows")) == list(rows)
    assert 7 in rows
    assert len(rows) == 2


@given(keep=st.integers(0, 2000))
def test_a_row_that_a_kill_cut_short_is_dropped_and_the_others_stay(tmp_path_factory, keep):
    path = tmp_path_factory.mktemp("rows") / "rows"
    rows = Rows(path)
    for number in range(3):
        rows.add(replace(ROW, number=number))
    lines = path.read_bytes()
    path.write_bytes(lines[:keep])
    again = Rows(path)
    assert len(again) == lines[:keep].count(b"\n")
    again.add(replace(ROW, number=9))
    assert [row.number for row in Rows(path)] == [*range(len(again) - 1), 9]


def test_a_trial_has_one_row(tmp_path):
    rows = Rows(tmp_path / "rows")
    rows.add(ROW)
    with pytest.raises(RowsError, match="trial 3 has a row already"):
        rows.add(ROW)
    path = tmp_path / "rows"
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(RowsError, match="line 2: trial 3 stands there twice"):
        Rows(path)


def test_a_line_that_is_no_row_is_named(tmp_path):
    (tmp_path / "rows").write_text('{"number": 1}\n')
    with pytest.raises(RowsError, match=r"rows, line 1: no row of a trial"):
        Rows(tmp_path / "rows")
