"""The recount against figures of the literature: it is what the reports of experiments are held against."""

import pytest

from bench.recounted import barnard, expected_cells, progress_text, reported_cells, success_text, tried

ROWS = [
    {"task": "t", "condition": "c", "policy": "p", "start": start, "score": score, "success": score == 1.0}
    for start, score in enumerate((1.0, 0.25, 1.0, 0.5))
]


def test_wilsons_interval_of_newcombes_example():
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    assert success_text(81, 263) == "81/263 (31%, 26% to 37%)"
    assert success_text(0, 20) == "0/20 (0%, 0% to 16%)"


def test_the_standard_error_is_that_of_a_sample():
    assert progress_text([1.0, 0.25, 1.0, 0.5]) == "0.69 ± 0.19"
    assert progress_text([0.5]) == "0.50 ± –"


def test_barnards_p_of_mehta_and_senchaudhuris_example():
    assert barnard(7, 12, 15) == pytest.approx(0.0682, abs=5e-4)


def test_cells_are_counted_alone_and_all_together():
    assert expected_cells(ROWS) == dict.fromkeys(
        [("t", "c", "p"), ("all", "all", "p")], ("0.69 ± 0.19", "2/4 (50%, 15% to 85%)")
    )
    assert tried([ROWS[1], ROWS[0]]) == [("t", "c", "p", 0), ("t", "c", "p", 1)]


def test_a_page_is_read_as_it_is_shown():
    page = "<table>\n<tr><th>task</th></tr>\n<tr><td>t</td><td>c</td><td>p</td><td>0.5</td><td>1/2</td></tr></table>"
    assert reported_cells(page) == {("t", "c", "p"): ("0.5", "1/2")}
