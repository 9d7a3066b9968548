import shutil
from dataclasses import replace

import numpy as np
import pytest

from molmoact.runtime.backend import Action, BackendSettings, Depth, Pass, Prefilled, Preprocessed, Refused, TraceFound
from molmoact.runtime.checkpoint_backend import load
from molmoact.runtime.inputs import digest
from molmoact_common.errors import CheckpointError, ConfigError


def settings(folder, **options):
    return BackendSettings(checkpoint=str(folder), device="cpu", options=options)


@pytest.fixture(scope="module")
def backend(tiny_folder):
    return load(settings(tiny_folder, constrained=True))


def stages_of(backend, observation):
    """Without the passes between them."""
    return [stage for stage in backend.reason(observation) if not isinstance(stage, Pass)]


def test_untrained_weights_give_all_stages_of_a_valid_answer(backend, observation):
    stages = stages_of(backend, observation)
    assert [type(stage) for stage in stages] == [Preprocessed, Prefilled, Depth, TraceFound, Action]
    deltas = stages[-1].deltas
    assert deltas.shape == (8, 7)
    assert np.abs(deltas[:, :3]).max() <= 0.008
    assert np.abs(deltas[:, 3:6]).max() <= 0.05
    assert 0 <= deltas[:, 6].min() <= deltas[:, 6].max() <= 1
    assert stages[0].digest == digest(backend.input_arrays(observation))


def test_the_same_observation_gives_the_same_answer_and_another_one_another(backend, observation):
    first, again = (list(backend.reason(observation))[-1] for _ in range(2))
    np.testing.assert_array_equal(first.deltas, again.deltas)
    dark = {name: view // 4 for name, view in observation.views.items()}
    other = list(backend.reason(replace(observation, views=dark)))[-1]
    assert not np.array_equal(first.deltas, other.deltas)


def test_only_the_first_rows_are_given_on_where_so_many_are_asked_for(tiny_folder, backend, observation):
    *_, whole = backend.reason(observation)
    *_, part = load(settings(tiny_folder, constrained=True, rows=3)).reason(observation)
    np.testing.assert_array_equal(part.deltas, whole.deltas[:3])
    assert part.text == whole.text


def test_a_drawn_trace_steers(backend, observation):
    stages = stages_of(backend, replace(observation, drawn={"arm": ((0, 0), (255, 255))}))
    assert [type(stage) for stage in stages] == [Preprocessed, Prefilled, Action]


def test_free_decoding_of_untrained_weights_is_refused_with_a_reason(tiny_folder, observation):
    *_, last = load(settings(tiny_folder, max_new_tokens=40)).reason(observation)
    assert isinstance(last, Refused)
    assert last.why
    assert last.forward_passes <= 40


def test_an_observation_without_a_view_is_refused_before_any_pass(backend, observation):
    stages = list(backend.reason(replace(observation, views={})))
    assert stages == [Refused("no image of view front, wrist; the profile needs front, wrist")]


def test_closing_ends_the_answer(backend, observation):
    stages = backend.reason(observation)
    next(stages)
    next(stages)
    stages.close()
    assert list(stages) == []


def test_an_answer_can_be_cancelled_between_any_two_passes(backend, observation):
    *stages, last = backend.reason(observation)
    assert sum(isinstance(stage, Pass) for stage in stages) == last.forward_passes > 10


def test_plain_and_fast_decoding_answer_alike(tiny_folder, backend, observation):
    plain = load(settings(tiny_folder, constrained=True, decoding="plain"))
    *_, slow = plain.reason(observation)
    *_, fast = backend.reason(observation)
    assert fast.text == slow.text
    assert fast.forward_passes < slow.forward_passes


def test_an_instruction_that_does_not_fit_the_cache_is_refused(tiny_folder, observation):
    small = load(settings(tiny_folder, cache_tokens=230, constrained=True))
    *_, last = small.reason(replace(observation, instruction="lift it " * 30))
    assert isinstance(last, Refused)
    assert "the cache 230; raise cache_tokens" in last.why


def test_warm_up_answers_without_a_camera(backend):
    backend.warm_up()


def test_name_tells_profile_and_folder(backend):
    assert backend.name == "tiny (tiny)"


def test_no_profile_no_motion(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    (folder / "profile.yaml").unlink()
    with pytest.raises(CheckpointError, match="no profile, no motion; copy the one that fits"):
        load(settings(folder))
    named = replace(settings(folder, constrained=True), profile=str(tiny_folder / "profile.yaml"))
    assert load(named).profile.name == "tiny"


def test_statistics_must_have_a_dimension_for_every_number_of_the_arms(tiny_folder, tmp_path):
    profile = tmp_path / "two.yaml"
    profile.write_text((tiny_folder / "profile.yaml").read_text() + "arms: [left, right]\n")
    with pytest.raises(CheckpointError, match="7 dimensions, the profile's arms need 14"):
        load(replace(settings(tiny_folder), profile=str(profile)))


def test_an_unknown_statistics_key_is_named_with_those_there_are(tiny_folder, tmp_path):
    profile = tmp_path / "other.yaml"
    text = (tiny_folder / "profile.yaml").read_text()
    profile.write_text(text.replace("statistics_key: cell", "statistics_key: molmoact"))
    with pytest.raises(CheckpointError, match=r"no statistics .molmoact. .* one of: cell"):
        load(replace(settings(tiny_folder), profile=str(profile)))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (BackendSettings(), ConfigError, "names no checkpoint"),
        (BackendSettings(checkpoint="/nowhere/at/all"), CheckpointError, "no checkpoint folder /nowhere/at/all"),
        (BackendSettings(checkpoint="x", options={"speed": 3}), ConfigError, "options: speed"),
        (BackendSettings(checkpoint="x", options={"window": 9999}), ConfigError, "options: window"),
        (BackendSettings(checkpoint="x", options={"dtype": "int4"}), ConfigError, "options: dtype"),
    ],
)
def test_wrong_settings_are_named(given, error, message):
    with pytest.raises(error, match=message):
        load(given)
