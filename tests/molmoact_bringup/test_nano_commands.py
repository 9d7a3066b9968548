import pytest
from typer.testing import CliRunner

from molmoact.checkpoint import verify_checkpoint
from molmoact.training.rows import RowsError
from molmoact_bringup.main import app
from molmoact_common.errors import CheckpointError, ConfigError


def run(*words):
    return CliRunner().invoke(app, ["nano", *map(str, words)])


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nano") / "base"
    assert run("build", folder).exit_code == 0
    return folder


def test_build_writes_a_checkpoint_and_does_not_write_over_it(base):
    assert verify_checkpoint(base, None).config.vision_variant == "keypoints"
    assert isinstance(run("build", base).exception, CheckpointError)


def test_localising_needs_rows(base, tmp_path):
    refused = run("localise", base, tmp_path / "none", tmp_path / "eyes", "--steps", 1)
    assert isinstance(refused.exception, RowsError)


def test_lessons_of_a_task_that_there_is_not_are_refused(tmp_path):
    refused = run("rows", tmp_path, "--task", "juggle")
    assert isinstance(refused.exception, ConfigError)
    assert "no task 'juggle'" in str(refused.exception)
