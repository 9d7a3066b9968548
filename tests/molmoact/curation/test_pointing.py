"""Reading a pointing model's answers."""

import pytest

from molmoact.curation.pointing import pixel_of, prompt_for
from support.golden import read_json

PUBLISHED_REFUSES = '<point x="1.2.3"'


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
