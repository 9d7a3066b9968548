"""Parameters of the policy node: what they resolve to, and what they refuse."""

import pytest

from molmoact_common.errors import ConfigError
from molmoact_policy.parameters import PolicyParameters, arm_names, make_backend


@pytest.fixture
def policy_file(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(
        "backend: support.scripted_factory:load\ncheckpoint: from/file\nprofile: p.yaml\noptions: {a: 1, b: 2}\n"
    )
    return path


def test_overrides_win_over_the_file_and_options_are_merged(policy_file):
    parameters = PolicyParameters(policy_config=str(policy_file), checkpoint="other", options='{"b": 3}')
    backend, execution = make_backend(parameters)
    assert execution == "open_loop"
    assert backend.settings.checkpoint == "other"
    assert backend.settings.profile == str(policy_file.parent / "p.yaml")
    assert backend.settings.options == {"a": 1, "b": 3}


def test_execution_of_the_parameter_wins(policy_file):
    assert make_backend(PolicyParameters(policy_config=str(policy_file), execution="async"))[1] == "async"


@pytest.mark.parametrize("options", ["{", "[1]", "3"])
def test_options_that_are_no_json_object_are_refused(policy_file, options):
    with pytest.raises(ConfigError, match="JSON"):
        make_backend(PolicyParameters(policy_config=str(policy_file), options=options))


def test_a_backend_that_does_not_exist_is_named(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("backend: no.such:thing\n")
    with pytest.raises(ConfigError, match=r"no\.such:thing"):
        make_backend(PolicyParameters(policy_config=str(path)))


def test_arm_names_replace_the_profiles_one_for_one():
    parameters = PolicyParameters(policy_config="x", arms=" left, right ")
    assert arm_names(parameters, ("a", "b")) == ("left", "right")
    assert arm_names(PolicyParameters(policy_config="x"), ("a",)) == ("a",)
    with pytest.raises(ConfigError, match="has 1"):
        arm_names(parameters, ("a",))
