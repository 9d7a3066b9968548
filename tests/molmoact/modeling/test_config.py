import json

import pytest
from huggingface_hub.errors import StrictDataclassError

from molmoact.modeling import MolmoActConfig
from molmoact.modeling.config import MolmoActLlmConfig
from support.golden import MODELS, read_json

PARTS = ("vit_config", "adapter_config", "llm_config")


@pytest.mark.parametrize("model", MODELS)
def test_a_saved_config_is_the_one_that_was_read(golden_dir, tmp_path, model):
    MolmoActConfig.from_pretrained(golden_dir / "models" / model).save_pretrained(tmp_path)
    published = read_json(golden_dir / "models" / model / "config.json")
    saved = read_json(tmp_path / "config.json")
    for version in (published, saved):
        del version["transformers_version"]
    assert saved == published


@pytest.mark.parametrize(("family", "layers"), [("7B-D", (24, 18)), ("7B-O", (21, 14))])
def test_full_size_configs_keep_every_field_of_the_model(golden_dir, family, layers):
    published = read_json(golden_dir / "checkpoint_format" / f"config_expected_{family}.json")
    config = MolmoActConfig.from_dict(published)
    written = json.loads(config.to_json_string())
    for part in PARTS:
        own = set(getattr(config, part).to_dict()) & set(written[part])
        assert own >= {"hidden_size", "num_attention_heads", "initializer_range", "model_type"}
        assert {name: written[part][name] for name in own} == {name: published[part][name] for name in own}
    for name in ("image_patch_id", "norm_stats", "n_action_bins", "auto_map", "architectures", "model_type"):
        assert written[name] == published[name]
    assert config.vit_layers == layers


def test_whole_numbers_stand_for_floats():
    assert MolmoActLlmConfig(rope_theta=500000, attention_dropout=0).rope_theta == 500000


def test_absent_kv_heads_mean_one_a_head():
    assert MolmoActLlmConfig(num_key_value_heads=None, num_attention_heads=6).num_key_value_heads == 6


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"rope_scaling": {"rope_type": "yarn"}}, "only null"),
        ({"hidden_act": "swash"}, "swash"),
        ({"hidden_size": "big"}, "hidden_size"),
        ({"qk_norm_type": "other"}, "qk_norm_type"),
    ],
)
def test_what_the_model_cannot_do_is_refused(setting, why):
    with pytest.raises(StrictDataclassError, match=why):
        MolmoActLlmConfig(**setting)
