import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from molmoact.checkpoint import expected_tensors, verify_checkpoint
from molmoact.modeling import MolmoActConfig
from molmoact_common.errors import CheckpointError
from support.golden import MODELS, make_checkpoint, read_json


@pytest.fixture
def folder(golden_dir, tmp_path):
    return make_checkpoint(golden_dir, tmp_path)


def edit(path, change):
    content = read_json(path)
    change(content)
    path.write_text(json.dumps(content))


def edit_weights(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def refused(folder, **kwargs):
    """The one line with which the folder is refused."""
    with pytest.raises(CheckpointError) as caught:
        verify_checkpoint(folder, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("model", MODELS)
def test_a_whole_checkpoint_is_accepted(golden_dir, tmp_path, model):
    checkpoint = verify_checkpoint(make_checkpoint(golden_dir, tmp_path, model))
    stored = load_file(tmp_path / "model.safetensors")
    assert checkpoint.parameters == sum(tensor.numel() for tensor in stored.values())


def test_no_weight_is_read(folder):
    """The tensors' bytes are noise of the right length: only headers count."""
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    path.write_bytes(content[:header] + b"\xff" * (len(content) - header))
    assert verify_checkpoint(folder).folder == folder


def test_an_absent_folder_is_named(tmp_path):
    assert str(tmp_path / "gone") in refused(tmp_path / "gone")


def test_a_checkpoint_of_another_type_is_refused(folder):
    edit(folder / "config.json", lambda config: config.update(model_type="qwen2"))
    assert "'qwen2'; a MolmoAct checkpoint is needed" in refused(folder)


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "processor_config.json", "tokenizer.json"])
def test_an_absent_file_is_named(folder, name):
    (folder / name).unlink()
    assert f"{name} is absent" in refused(folder)


@pytest.mark.parametrize(("content", "why"), [("{", "not valid JSON"), ("[]", "JSON object")])
def test_a_config_that_is_none_is_refused(folder, content, why):
    (folder / "config.json").write_text(content)
    assert why in refused(folder)


@pytest.mark.parametrize(("part", "name"), [("llm_config", "rope_theta"), ("vit_config", "hidden_act")])
def test_a_field_that_would_fall_back_to_a_default_is_named(folder, part, name):
    edit(folder / "config.json", lambda config: config[part].pop(name))
    assert f"{part} has no {name}" in refused(folder)


def test_an_absent_part_is_named(folder):
    edit(folder / "config.json", lambda config: config.pop("adapter_config"))
    assert "has no adapter_config" in refused(folder)


@pytest.mark.parametrize(("name", "value"), [("hidden_size", "wide"), ("rope_scaling", {"rope_type": "yarn"})])
def test_a_value_that_the_model_cannot_have_is_named(folder, name, value):
    edit(folder / "config.json", lambda config: config["llm_config"].update({name: value}))
    assert name in refused(folder)


def test_tied_embeddings_are_refused(folder):
    edit(folder / "config.json", lambda config: config.update(tie_word_embeddings=True))
    assert "tie_word_embeddings" in refused(folder)


def test_an_unknown_statistics_key_is_answered_with_the_known_ones(folder):
    known = next(iter(read_json(folder / "config.json")["norm_stats"]))
    message = refused(folder, statistics_key="libero")
    assert "'libero'" in message
    assert known in message


def test_a_missing_tensor_is_named(folder):
    edit_weights(folder, lambda tensors: tensors.pop("model.transformer.ln_f.weight"))
    assert "no tensor model.transformer.ln_f.weight (1 missing)" in refused(folder)


def test_a_tensor_of_another_shape_is_named(folder):
    edit_weights(folder, lambda tensors: tensors.update({"lm_head.weight": torch.zeros(3, 4)}))
    assert "lm_head.weight has shape [3, 4], config.json means [1024, 64]" in refused(folder)


def test_pickled_weights_are_refused(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "convert to safetensors" in refused(folder)


@pytest.mark.parametrize("token", ["<DEPTH_START>", "<DEPTH_127>", "<im_patch>"])
def test_a_tokenizer_without_a_token_is_refused(folder, token):
    def drop(tokenizer):
        tokenizer["added_tokens"] = [entry for entry in tokenizer["added_tokens"] if entry["content"] != token]

    edit(folder / "tokenizer.json", drop)
    assert f"token {token} (1 absent)" in refused(folder)


def test_a_tokenizer_of_another_checkpoint_is_refused(folder):
    edit(folder / "config.json", lambda config: config.update(image_patch_id=1025))
    assert "<im_patch> is 1026 but config.json says image_patch_id 1025" in refused(folder)


def test_image_settings_of_another_checkpoint_are_refused(folder):
    edit(folder / "preprocessor_config.json", lambda settings: settings.update(base_image_input_size=[336, 336]))
    assert "base_image_input_size is [336, 336] but config.json means [70, 70]" in refused(folder)


def test_a_way_of_resizing_that_is_not_known_is_named(folder):
    edit(folder / "preprocessor_config.json", lambda settings: settings.update(resize_mode="stretch"))
    assert "resize_mode='stretch'" in refused(folder)


def test_full_size_headers_take_no_memory(golden_dir):
    expected = read_json(golden_dir / "checkpoint_format" / "params_7B-D.json")
    config = MolmoActConfig.from_dict(read_json(golden_dir / "checkpoint_format" / "config_expected_7B-D.json"))
    assert {name: list(shape) for name, shape in expected_tensors(config).items()} == expected
