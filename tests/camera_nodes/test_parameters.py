"""Parameters of a camera node: what is taken from where, and one line for each mistake."""

from pathlib import Path

import pytest

from camera_nodes.parameters import DEFAULTS, read_parameters
from molmoact_common.errors import ConfigError

CAMERAS = Path(__file__).parents[2] / "config" / "cameras"


def read(**changes):
    return read_parameters(DEFAULTS | {"name": "front", "camera_config": str(CAMERAS / "cell_front.yaml")} | changes)


def contexts(*options):
    return options


def test_the_file_gives_the_serial_unless_the_parameter_does():
    assert read().serial == "cell_front"
    assert read(serial="845112070000").serial == "845112070000"
    assert read(serial=845112070000).serial == "845112070000"  # a command line's digits are a number


def test_frames_are_named_after_the_camera():
    parameters = read(name="left_wrist")
    assert (parameters.link_frame, parameters.optical_frame) == ("left_wrist_link", "left_wrist_color_optical_frame")


def test_the_factory_gets_its_options_or_nothing(monkeypatch):
    monkeypatch.setattr("camera_nodes.parameters.load_factory", {"a:b": contexts}.get)
    assert read(context_factory="a:b").make_context() == ()
    assert read(context_factory="a:b", context_options='{"x": [1]}').make_context() == ({"x": [1]},)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": ""}, "parameter name is ''"),
        ({"name": "Front cam"}, "parameter name is 'Front cam'"),
        ({"camera_config": ""}, "camera_config is empty"),
        ({"camera_config": "/nowhere.yaml"}, "cannot read /nowhere.yaml"),
        ({"camera_config": str(CAMERAS / "d435_front.yaml")}, "camera front has no serial"),
        ({"context_options": "{"}, "context_options is not JSON"),
        ({"context_options": "[1]"}, "give a JSON object"),
    ],
)
def test_mistakes_are_named(changes, line):
    with pytest.raises(ConfigError) as refusal:
        read(**changes)
    assert line in str(refusal.value)


def test_a_factory_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="no_such_module"):
        read(context_factory="no_such_module:make").make_context()
