import re

import cv2
import numpy as np
import pytest

from demo_recorder.bag import BagRecorder
from demo_recorder.contract import RecordingInfo
from demo_recorder.reading import BagError
from support.synthetic_run import CHUNKS, INSTRUCTION, synthetic_contract, write_synthetic_run
from trial_runner.latencies import LOCKSTEP_NOTE
from trial_runner.report import write_report
from trial_runner.run_data import load_run


def codebook_of(asked: list[tuple[int, ...]]):
    def picture(codes):
        asked.append(tuple(codes))
        return np.full((320, 320), codes[0] * 2, np.uint8)

    return picture


@pytest.fixture(scope="module")
def report(synthetic_bag, tmp_path_factory):
    output = tmp_path_factory.mktemp("report")
    asked: list[tuple[int, ...]] = []
    summary = write_report(synthetic_bag, output, codebook_of(asked))
    return output, summary, asked


def test_picture_is_1400_pixels_wide_and_not_blank(report):
    picture = cv2.imread(str(report[0] / "report.png"))
    assert picture.shape[1] == 1400
    assert picture.std() > 10


def test_page_needs_nothing_beside_itself(report):
    page = (report[0] / "report.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert len(sources) == 5
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "http" not in page


def test_page_lists_the_episodes(report):
    page = (report[0] / "report.html").read_text()
    (episode,) = re.findall(r'<table class="episodes">.*?</table>', page, re.DOTALL)
    assert re.findall("<td>(.*?)</td>", episode) == ["4", INSTRUCTION, "solved", "8", "13.1"]


def test_page_and_picture_say_what_latencies_in_lockstep_are(monkeypatch, synthetic_bag, told_time, report, tmp_path):
    timed = told_time(load_run(synthetic_bag), "lockstep")
    monkeypatch.setattr("trial_runner.report.load_run", lambda _: timed)
    assert write_report(synthetic_bag, tmp_path, None).in_lockstep
    assert LOCKSTEP_NOTE in (tmp_path / "report.html").read_text()
    assert LOCKSTEP_NOTE not in (report[0] / "report.html").read_text()
    pictures = [cv2.imread(str(folder / "report.png")) for folder in (tmp_path, report[0])]
    foot = [picture[-30:, :400].std() for picture in pictures]
    assert foot[0] > foot[1] == 0


def test_page_tells_of_every_chunk_and_why(report):
    page = (report[0] / "report.html").read_text()
    assert INSTRUCTION in page
    assert page.count("<tr>\n        <td>") == CHUNKS
    assert "row 4 of the action has 6 of 7 symbols" in page


def test_what_the_model_wrote_is_no_markup(report):
    page = (report[0] / "report.html").read_text()
    assert "<b>not markup</b>" not in page
    assert "&lt;b&gt;not markup" in page


def test_depth_codes_go_through_the_codebook(report):
    _, _, asked = report
    assert {len(codes) for codes in asked} == {100}
    assert len(set(asked)) == 5


def test_summary_comes_back(report):
    assert report[1].executed == 8


def test_without_a_codebook_the_codes_are_shown(synthetic_bag, tmp_path):
    assert write_report(synthetic_bag, tmp_path, None).executed == 8


def test_run_in_which_nothing_happened_still_has_a_report(tmp_path):
    BagRecorder(tmp_path / "bag", synthetic_contract(), RecordingInfo()).close()
    summary = write_report(tmp_path / "bag", tmp_path / "run", None)
    assert (summary.executed, summary.success, summary.duration_s) == (0, None, 0.0)
    assert (tmp_path / "run" / "report.png").exists()


def test_run_of_one_chunk_has_a_report(tmp_path):
    write_synthetic_run(tmp_path / "bag", chunks=1, with_cell=False)
    assert write_report(tmp_path / "bag", tmp_path, None).executed == 0


def test_absent_bag_is_a_line_and_leaves_no_report(tmp_path):
    with pytest.raises(BagError):
        write_report(tmp_path / "none", tmp_path / "run", None)
    assert not (tmp_path / "run").exists()
