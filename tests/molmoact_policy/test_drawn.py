"""Which drawn traces may steer."""

import pytest

from molmoact_policy.drawn import refuse_drawn


@pytest.mark.parametrize("points", [((1, 2),), ((0, 0), (1, 1), (2, 2), (3, 3), (255, 255))])
def test_one_to_five_points_of_a_known_arm_are_taken(points):
    assert refuse_drawn({"arm": points}, ["arm"]) == ""


def test_a_single_arm_need_not_be_named():
    assert refuse_drawn({"": ((1, 2),)}, ["arm"]) == ""
    assert "no arm ''" in refuse_drawn({"": ((1, 2),)}, ["left", "right"])


def test_no_points_and_six_points_are_refused():
    assert "1 to 5 points, not 0" in refuse_drawn({"arm": ()}, ["arm"])
    assert "not 6" in refuse_drawn({"arm": ((0, 0),) * 6}, ["arm"])


def test_an_unknown_arm_is_refused_by_name():
    assert refuse_drawn({"third": ((1, 2),)}, ["left", "right"]) == "no arm 'third'; there is left, right"
