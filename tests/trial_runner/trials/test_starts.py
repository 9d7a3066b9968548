import numpy as np
import pytest

from molmoact_common.errors import ConfigError
from trial_runner.trials.plan import Trial
from trial_runner.trials.starts import StartPictures, blended, read_picture, write_picture
from trial_runner.trials.task import Stage, TrialTask

RED, BLUE = (np.full((6, 8, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 100)))


def task(**fields) -> TrialTask:
    return TrialTask(description="d", instruction="i", stages=(Stage(name="done", score=1),), **fields)


def trial(start: int = 0, policy: str = "ours") -> Trial:
    return Trial(3, "fruit", "in_distribution", start, 99, policy, "A")


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "tasks").mkdir()
    return StartPictures(tmp_path / "experiment", tmp_path / "tasks")


def test_half_of_each_at_the_size_of_the_live_one():
    mixed = blended(RED, np.full((12, 16, 3), (0, 0, 100), np.uint8))
    assert mixed.shape == RED.shape
    assert mixed[0, 0].tolist() == [100, 0, 50]


def test_a_picture_comes_back_as_it_was_written(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    write_picture(tmp_path / "p.png", picture)
    assert (read_picture(tmp_path / "p.png") == picture).all()
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]


def test_the_first_policy_at_a_start_sets_the_picture_for_the_others(pictures):
    assert pictures.reference(trial(), task()) is None
    pictures.keep(trial(), RED)
    pictures.keep(trial(policy="theirs"), BLUE)  # later, and a little off: the first one stays
    assert (pictures.reference(trial(policy="theirs"), task()) == RED).all()
    assert pictures.reference(trial(start=1), task()) is None


def test_before_that_the_tasks_own_picture_serves(pictures, tmp_path):
    write_picture(tmp_path / "tasks" / "fruit.png", BLUE)
    assert (pictures.reference(trial(), task(overlay="fruit.png")) == BLUE).all()


def test_the_operator_looks_at_one_file_that_is_written_anew(pictures):
    assert (read_picture(pictures.show(trial(), task(), RED)) == RED).all()
    pictures.keep(trial(), RED)
    shown = pictures.show(trial(), task(), BLUE)
    assert read_picture(shown)[0, 0].tolist() == [100, 0, 50]
    assert shown.name == "start_overlay.png"


def test_what_is_no_picture_is_told(pictures, tmp_path):
    with pytest.raises(ConfigError, match="is no picture"):
        pictures.reference(trial(), task(overlay="absent.png"))
    with pytest.raises(ConfigError, match="cannot write"):
        write_picture(tmp_path / "nowhere" / "p.png", RED)
