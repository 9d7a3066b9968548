"""Reading a pointing model's answers."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.curation.pipeline import curate
from molmoact.curation.pointing import PointingAnswer, load_answers, pixel_of, prompt_for, with_pointed_hands
from molmoact.curation.rows import Kind
from molmoact.curation.settings import CurationSettings
from molmoact_common.errors import ConfigError
from support.golden import read_json
from support.invented_episode import demo_profile, invented_episode


def test_points_and_pixels_are_the_published_ones(golden_dir):
    cases = read_json(golden_dir / "trace/cases.json")["points"]
    assert any("px" in case for case in cases)
    for case in cases:
        for size, expected in case.get("px", {"256x256": None}).items():
            width, height = map(int, size.split("x"))
            found = pixel_of(case["text"], width, height)
            assert found == (tuple(expected) if expected else None), case["text"]


def test_a_number_that_is_none_is_no_point():
    # the published parser raises here, and the frame is lost as a whole
    assert pixel_of('<point x="1.2.3" y="4">g</point>', 100, 100) is None


@pytest.mark.parametrize(("side", "end"), [("", "gripper"), ("left", "on the left"), ("right", "on the right")])
def test_each_arm_is_asked_for(side, end):
    assert prompt_for(side).endswith(end)


def test_answers_place_the_hands_of_an_episode(tmp_path):
    lines = [
        {"episode": 0, "frame": 0, "text": '<point x="50" y="25" alt="g">g</point>'},
        {"episode": 0, "frame": 2, "text": '<point x="100" y="100" alt="g">g</point>'},
        {"episode": 0, "frame": 1, "text": "There is none."},
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    answers = load_answers(tmp_path / "answers.jsonl")
    episode = with_pointed_hands(invented_episode(rows=4), answers, ("arm",), (48, 64))
    np.testing.assert_array_equal(episode.hands[:, 0], [[32, 12], [np.nan] * 2, [63, 47], [np.nan] * 2])


def test_curation_takes_the_answers_in_place_of_projected_hands(tmp_path):
    writer = LeRobotWriter(tmp_path / "set", demo_profile())
    writer.add(invented_episode(rows=3))
    writer.close()
    lines = [{"episode": 0, "frame": row, "text": f'<point x="{10 * row}" y="50" />'} for row in range(3)]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    settings = CurationSettings(depth="none", kinds=(Kind.TRACE,), answers=tmp_path / "answers.jsonl")
    curate(tmp_path / "set", tmp_path / "rows", settings)
    first = pq.read_table(tmp_path / "rows/trace/shard-00000.parquet").to_pylist()[0]
    assert "[[0, 128], [24, 128], [52, 128]]" in first["conversations"][1]["value"]


@pytest.mark.parametrize("changes", [{"frame": 9}, {"arm": "third"}])
def test_an_answer_for_what_is_not_there_is_refused(changes):
    answer = PointingAnswer.model_validate({"episode": 0, "frame": 0, "text": "x"} | changes)
    with pytest.raises(ConfigError, match="no such"):
        with_pointed_hands(invented_episode(rows=2), [answer], ("arm",), (48, 64))


@pytest.mark.parametrize("content", [None, "{", '{"episode": 0}'])
def test_a_file_of_something_else_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "answers.jsonl").write_text(content)
    with pytest.raises(ConfigError, match=r"answers\.jsonl"):
        load_answers(tmp_path / "answers.jsonl")
