"""What follows from the scene of a cell."""

import pytest

from molmoact_bringup.demo_options import DemoOptions
from molmoact_bringup.options import CellOptions
from molmoact_bringup.scenes import scene_of, with_defaults
from molmoact_common.errors import ConfigError


def test_what_is_left_open_follows_from_the_scene(places):
    one, two = (with_defaults(CellOptions(cell=cell), places.config) for cell in ("solo", "duo"))
    assert (one.robot, one.task, one.recording, one.policy) == ("fr3_cell", "put_block_in_tray", "default", "expert")
    assert (two.robot, two.task, two.recording, two.policy) == ("duo_cell", "lift_tray", "duo", "expert_duo")


def test_a_policy_that_the_scene_says_nothing_about_stays(places):
    options = with_defaults(DemoOptions(cell="duo", policy="tiny", chunks=3), places.config)
    assert isinstance(options, DemoOptions)
    assert (options.policy, options.chunks) == ("tiny", 3)


def test_what_was_filled_in_once_stays(places):
    options = with_defaults(CellOptions(cell="duo"), places.config)
    assert with_defaults(options, places.config) == options


def test_a_scene_of_ones_own_is_a_file(places, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text((places.config / "cell" / "duo.yaml").read_text().replace("mass: 0.3", "mass: 0.5"))
    assert scene_of(CellOptions(cell=str(own)), places.config).loose_tray.mass == 0.5
    own.write_text("arms: {}")
    with pytest.raises(ConfigError, match=f"{own}: "):
        scene_of(CellOptions(cell=str(own)), places.config)
