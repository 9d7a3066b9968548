import filecmp

import pytest
from safetensors.torch import load_file

from molmoact.checkpoint import verify_checkpoint
from molmoact.profile import load_profile
from molmoact.protocol.actions import check_dimensions
from molmoact.protocol.statistics import choose_statistics
from molmoact.tiny import make_tiny_checkpoint
from molmoact_common.errors import CheckpointError


@pytest.mark.parametrize("family", ["7B-D", "7B-O"])
def test_both_families_pass_the_check_that_published_checkpoints_pass(tmp_path, family):
    make_tiny_checkpoint(tmp_path, family)
    verified = verify_checkpoint(tmp_path, load_profile(tmp_path / "profile.yaml").statistics_key)
    assert 500_000 < verified.parameters < 3_000_000
    assert (verified.config.llm.norm_after, verified.config.vit.use_cls_token) == ((family == "7B-O"),) * 2


def test_the_same_seed_gives_the_same_files_and_another_one_other_weights(tiny_folder, tmp_path):
    make_tiny_checkpoint(tmp_path / "again")
    names = [path.name for path in tiny_folder.iterdir()]
    assert filecmp.cmpfiles(tiny_folder, tmp_path / "again", names, shallow=False)[0] == names
    make_tiny_checkpoint(tmp_path / "other", seed=1)
    first, other = (load_file(folder / "model.safetensors") for folder in (tiny_folder, tmp_path / "other"))
    assert not first["lm_head.weight"].equal(other["lm_head.weight"])


def test_two_arms_have_fourteen_dimensions_and_a_camera_each(tmp_path):
    make_tiny_checkpoint(tmp_path, arms=2)
    profile = load_profile(tmp_path / "profile.yaml")
    assert (profile.arms, profile.views) == (("left", "right"), ("front", "left_wrist", "right_wrist"))
    statistics = choose_statistics(verify_checkpoint(tmp_path, "cell").config.norm_stats, "cell")
    check_dimensions(statistics, profile)
    assert statistics.scaled.tolist() == [*[True] * 6, False] * 2
    assert (statistics.low[:7] == statistics.low[7:]).all()


def test_an_existing_checkpoint_is_not_overwritten(tiny_folder):
    with pytest.raises(CheckpointError, match="holds a checkpoint already; remove it"):
        make_tiny_checkpoint(tiny_folder)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"cannot write .*file"):
        make_tiny_checkpoint(tmp_path / "file")
