import pytest
import torch
from typer.testing import CliRunner

from molmoact.tiny import make_tiny_checkpoint
from molmoact_bringup.main import app
from molmoact_common.errors import ConfigError, UserError
from support.training import write_recipe, write_rows


def invoke(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments)])
    if result.exception is not None and isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_from_rows_to_a_checkpoint_of_the_published_format(tmp_path):
    make_tiny_checkpoint(tmp_path / "base", layers=1)
    write_rows(tmp_path / "data" / "cell", 2)
    recipe = write_recipe(tmp_path / "r.yaml", steps=1, adapter={"rank": 4})
    run, threads = tmp_path / "run", torch.get_num_threads()
    places = "--data", tmp_path / "data", "--checkpoint", tmp_path / "base", "--run", run
    assert "trained: " in invoke("train", recipe, *places, "--device", "cpu", "--threads", threads)
    invoke("export", run, tmp_path / "exported")
    invoke("merge", run / "step-00000001" / "adapter", tmp_path / "base", tmp_path / "merged")
    for name in ("exported", "merged"):
        assert (tmp_path / name / "model.safetensors").is_file()


def test_an_unknown_recipe_is_answered_with_those_there_are(tmp_path):
    with pytest.raises(ConfigError, match=r"no training configuration 'x'; there are: .*posttrain_libero_goal"):
        invoke("train", "x", "--data", tmp_path)
