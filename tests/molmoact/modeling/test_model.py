import numpy as np
import pytest
import torch
from transformers import DynamicCache, StaticCache

from molmoact.modeling import MolmoActConfig, MolmoActForActionReasoning
from molmoact_common.errors import CheckpointError
from support.golden import CASES, MODELS, ModelCase, read_json

TOLERANCE = 1e-4  # of logits in float32
MARGIN = 1e-3  # below which the recorded best two tokens are as good as equal


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(golden_dir, name):
    return MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / name).eval()


@pytest.mark.parametrize("case", CASES)
@torch.inference_mode()
def test_logits_and_hidden_states_are_the_recorded_ones(golden_dir, name, model, case):
    recorded = ModelCase(golden_dir, name, case)
    result = model(**recorded.inputs, output_hidden_states=True)
    assert list(result.logits.shape) == recorded.meta["cases"][case]["logits_shape"]
    slices = {"logits": np.s_[:], "logits_every8": np.s_[:, ::8], "logits_last": np.s_[:, -1]}
    for key in slices.keys() & recorded.out.keys():
        error = np.abs(result.logits.numpy()[slices[key]] - recorded.out[key]).max()
        assert error <= TOLERANCE, key
    hidden = np.stack([state[:, -1].numpy() for state in result.hidden_states])
    assert np.abs(hidden - recorded.out["hidden_last"]).max() <= TOLERANCE


@pytest.mark.parametrize("case", CASES)
@torch.inference_mode()
def test_greedy_tokens_are_the_recorded_ones_up_to_a_tie(golden_dir, name, model, case):
    recorded = ModelCase(golden_dir, name, case)
    expected, margins = recorded.out["greedy_ids"], recorded.out["greedy_margin"]
    count = expected.shape[1]
    ids = model.generate(**recorded.inputs, max_new_tokens=count, do_sample=False, eos_token_id=None, pad_token_id=0)
    for made, wanted, margin in zip(ids[:, -count:].numpy(), expected, margins, strict=True):
        ties = np.flatnonzero(margin < MARGIN)
        until = ties[0] if len(ties) else count
        assert made[:until].tolist() == wanted[:until].tolist()


@torch.inference_mode()
def test_embeddings_are_the_recorded_ones(golden_dir, name, model):
    recorded = ModelCase(golden_dir, name, "two_images")
    inputs = [recorded.inputs[key] for key in ("input_ids", "images", "pooled_patches_idx")]
    means = model.embed(*inputs).mean(-1).numpy()
    np.testing.assert_allclose(means, recorded.out["inputs_embeds_mean"], atol=1e-4)


def greedy_with(model, inputs, cache, count):
    """Greedy decoding over the seam, token after token."""
    embeds = model.embed(inputs["input_ids"], inputs["images"], inputs["pooled_patches_idx"])
    logits = model.advance(inputs_embeds=embeds, cache=cache)
    made = []
    for _ in range(count):
        made.append(int(logits[0, -1].argmax()))
        logits = model.advance(input_ids=torch.tensor([made[-1:]]), cache=cache)
    return made


@torch.inference_mode()
def test_own_decoding_over_the_seam_equals_generate(golden_dir, name, model):
    inputs = ModelCase(golden_dir, name, "two_images").inputs
    generated = model.generate(**inputs, max_new_tokens=8, do_sample=False, eos_token_id=None, pad_token_id=0)
    caches = (DynamicCache(config=model.config), StaticCache(config=model.config, max_cache_len=128))
    for cache in caches:
        assert greedy_with(model, inputs, cache, 8) == generated[0, -8:].tolist()


@torch.inference_mode()
def test_several_tokens_in_one_pass_equal_one_after_the_other(golden_dir, name, model):
    inputs = ModelCase(golden_dir, name, "single_flat").inputs
    embeds = model.embed(inputs["input_ids"], inputs["images"], inputs["pooled_patches_idx"])
    cache = DynamicCache(config=model.config)
    model.advance(inputs_embeds=embeds, cache=cache)
    ids = torch.tensor([[3, 5, 7]])
    together = model.advance(input_ids=ids, cache=cache, keep=0)
    cache.crop(-3)
    single = torch.cat([model.advance(input_ids=ids[:, i : i + 1], cache=cache) for i in range(3)], dim=1)
    torch.testing.assert_close(together, single, atol=1e-4, rtol=0)


@pytest.mark.parametrize("use_cache", [True, False])
@torch.inference_mode()
def test_generate_encodes_the_images_once_a_cache(golden_dir, name, model, use_cache):
    recorded = ModelCase(golden_dir, name, "single_flat")
    passes = []
    handle = model.model.vision_backbone.register_forward_pre_hook(lambda *_: passes.append(1))
    options = {"max_new_tokens": 4, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    ids = model.generate(**recorded.inputs, **options, use_cache=use_cache)
    handle.remove()
    assert len(passes) == (1 if use_cache else 4)
    assert ids[0, -4:].tolist() == recorded.out["greedy_ids"][0, :4].tolist()


def test_images_without_indices_are_refused(golden_dir, name, model):
    inputs = ModelCase(golden_dir, name, "single_flat").inputs
    with pytest.raises(ValueError, match="pooled_patches_idx"):
        model.embed(inputs["input_ids"], inputs["images"])


def test_image_tokens_without_vectors_are_refused(golden_dir, name, model):
    inputs = ModelCase(golden_dir, name, "single_flat").inputs
    with pytest.raises(ValueError, match="image-patch tokens for"):
        model.embed(inputs["input_ids"][:, 10:], inputs["images"], inputs["pooled_patches_idx"])


def test_ids_and_embeddings_together_are_refused(model):
    with pytest.raises(ValueError, match="exactly one"):
        model.advance()
    with pytest.raises(ValueError, match="exactly one"):
        model.advance(input_ids=torch.tensor([[1]]), inputs_embeds=torch.zeros(1, 1, model.config.llm.hidden_size))


def test_the_loss_is_the_cross_entropy_of_the_next_token(model):
    ids = torch.tensor([[1, 2, 3, 4]])
    result = model(input_ids=ids, labels=ids)
    expected = torch.nn.functional.cross_entropy(result.logits[0, :-1], ids[0, 1:])
    torch.testing.assert_close(result.loss, expected)
    result.loss.backward()
    assert model.model.transformer.wte.embedding.grad.abs().sum() > 0
    model.zero_grad()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_saved_shards_load_as_the_same_weights(model, tmp_path, dtype):
    model.save_pretrained(tmp_path, max_shard_size="300KB")
    assert (tmp_path / "model.safetensors.index.json").exists()
    loaded = MolmoActForActionReasoning.from_pretrained(tmp_path, dtype=dtype)
    assert loaded.dtype == dtype
    for key, value in model.state_dict().items():
        assert loaded.state_dict()[key].equal(value.to(dtype)), key


@torch.inference_mode()
def test_bfloat16_stays_near_float32(golden_dir, name):
    inputs = ModelCase(golden_dir, name, "single_flat").inputs
    folder = golden_dir / "models" / name
    wide, narrow = (
        MolmoActForActionReasoning.from_pretrained(folder, dtype=dtype)(**inputs).logits[0, -1].float()
        for dtype in (torch.float32, torch.bfloat16)
    )
    # the published implementation's own difference on these models is 0.4 to 0.9
    assert (wide - narrow).abs().max() < 2.0
    assert torch.corrcoef(torch.stack([wide, narrow]))[0, 1] > 0.95


def test_names_and_shapes_are_the_published_ones(golden_dir, name, model):
    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
    assert shapes == read_json(golden_dir / "models" / name / "params.json")


@pytest.mark.parametrize(("family", "parameters"), [("7B-D", 8_119_417_808), ("7B-O", 7_656_630_272)])
def test_full_size_names_and_shapes_are_the_published_ones(golden_dir, family, parameters):
    folder = golden_dir / "checkpoint_format"
    config = MolmoActConfig.from_dict(read_json(folder / f"config_expected_{family}.json"))
    with torch.device("meta"):
        model = MolmoActForActionReasoning(config)
    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
    assert shapes == read_json(folder / f"params_{family}.json")
    assert sum(value.numel() for value in model.parameters()) == parameters


def test_new_weights_are_random_and_norms_are_one(golden_dir):
    torch.manual_seed(0)
    model = MolmoActForActionReasoning(MolmoActConfig.from_pretrained(golden_dir / "models" / "olmo_clip_a"))
    for key, value in model.named_parameters():
        if "norm" in key or "ln" in key.split(".")[-2]:
            assert value.unique().tolist() in ([1.0], [0.0]), key
        elif not key.endswith("bias"):
            assert 0.01 < value.std() < 0.03, key


def test_pickled_weights_are_refused(golden_dir, tmp_path):
    (tmp_path / "config.json").write_text((golden_dir / "models" / MODELS[0] / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(CheckpointError, match="convert to safetensors"):
        MolmoActForActionReasoning.from_pretrained(tmp_path)
