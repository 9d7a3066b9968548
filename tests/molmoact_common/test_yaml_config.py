"""Every mistake in a YAML file is one line that names file, field and reason."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from molmoact_common.errors import ConfigError, UserError
from molmoact_common.yaml_config import Settings, load_settings, validate


class Inner(Settings):
    speed: float = Field(gt=0)


class Outer(Settings):
    name: str
    mode: Literal["slow", "fast"] = "slow"
    inner: Inner
    sizes: tuple[int, ...] = ()


def write(folder, text):
    path = folder / "file.yaml"
    path.write_text(text)
    return path


def test_a_good_file_loads(tmp_path):
    settings = load_settings(write(tmp_path, "{name: a, inner: {speed: 2}, sizes: [1, 2]}"), Outer)
    assert settings == Outer(name="a", inner=Inner(speed=2.0), sizes=(1, 2))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{name: a}", "inner: Field required"),
        ("{name: a, inner: {speed: -1}}", "inner.speed: Input should be greater than 0 (got -1)"),
        ("{name: a, inner: {speed: .nan}}", "inner.speed: Input should be a finite number (got nan)"),
        ("{name: a, inner: {speed: .inf}}", "inner.speed: Input should be a finite number (got inf)"),
        ("{name: a, inner: {speed: fast}}", "inner.speed: "),
        ("{name: a, inner: {speed: 1}, mode: hasty}", "mode: Input should be 'slow' or 'fast' (got 'hasty')"),
        ("{name: a, inner: {speed: 1}, sped: 1}", "sped: Extra inputs are not permitted (got 1)"),
        ("{name: a, inner: {speed: 1}, sizes: [1, x]}", "sizes.1: "),
        ("[1, 2]", "the top level must be a mapping of fields, found list"),
        ("", "the top level must be a mapping of fields, found NoneType"),
        ("{name: [", "is not valid YAML"),
    ],
)
def test_mistakes_are_one_line(tmp_path, text, line):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as refusal:
        load_settings(path, Outer)
    assert line in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_absent_files_and_folders_are_named(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot read"):
            load_settings(path, Outer)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ConfigError, match=r"file\.yaml"):
        load_settings(path, Outer)


def test_yaml_cannot_make_objects(tmp_path):
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_settings(write(tmp_path, "name: !!python/object/apply:os.getcwd []"), Outer)


def test_settings_do_not_change():
    settings = Inner(speed=1.0)
    with pytest.raises(ValueError, match="frozen"):
        settings.speed = 2.0


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
branches = st.lists(leaves, max_size=2) | st.dictionaries(st.just("speed"), leaves)


@given(st.dictionaries(st.sampled_from(["name", "mode", "inner", "sizes", "other"]), leaves | branches))
def test_whatever_the_values_the_outcome_is_settings_or_one_config_error(values):
    outcome = "values: accepted"
    try:
        validate(values, Outer, "values")
    except UserError as error:
        outcome = str(error)
    assert outcome.startswith("values: ")
