import numpy as np
import pytest
import torch

from molmoact.checkpoint import verify_checkpoint
from molmoact.nano import make_nano_checkpoint
from molmoact.runtime.inputs import input_arrays
from molmoact.runtime.loading import load_checkpoint
from molmoact.runtime.observation import Observation
from molmoact.tiny.checkpoint import SIDE
from molmoact_common.errors import CheckpointError


@pytest.mark.parametrize("vision", ["published", "keypoints"])
def test_both_variants_are_checkpoints_of_few_megabytes(tmp_path, vision):
    make_nano_checkpoint(tmp_path, vision)
    verified = verify_checkpoint(tmp_path, None)
    assert verified.config.vision_variant == vision
    assert 2 * verified.parameters < 6_000_000  # bytes, in bfloat16


@torch.inference_mode()
def test_keypoints_give_the_tokens_that_the_prompt_has_places_for(tmp_path):
    make_nano_checkpoint(tmp_path)
    config = tmp_path / "config.json"
    assert '"vision_variant": "keypoints"' in config.read_text()
    loaded = load_with_statistics(tmp_path)
    view = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    views = {"front": view, "wrist": view[::-1].copy()}
    arrays = input_arrays(Observation(0, 0, views, "lift the red block"), loaded.profile, loaded.processor)
    assert arrays["input_ids"].shape[1] < 120
    embeds = loaded.model.embed(arrays["input_ids"], arrays["images"], arrays["pooled_patches_idx"])
    assert embeds.isfinite().all()


def test_a_codebook_that_is_none_is_refused(tmp_path):
    (tmp_path / "vae.safetensors").write_bytes(b"no")
    with pytest.raises(CheckpointError, match="cannot read the depth codebook"):
        make_nano_checkpoint(tmp_path / "nano", codebook=tmp_path / "vae.safetensors")


def load_with_statistics(folder):
    """An untrained checkpoint has none; loading one that answers needs them."""
    from molmoact.modeling.config import MolmoActConfig  # noqa: PLC0415

    config = MolmoActConfig.from_pretrained(folder)
    limits = [0.01] * 6 + [1.0]
    config.norm_stats = {"cell": {"action": {"q01": [-limit for limit in limits], "q99": limits}}}
    config.save_pretrained(folder)
    return load_checkpoint(folder)
