import pytest
import torch

from molmoact.decoding.passes import Passes, PromptError
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact_common.errors import ConfigError
from support.golden import MODELS, ModelCase

TOKENS = [3, 5, 7, 11, 13, 17, 19]


@pytest.fixture(scope="module", params=MODELS[:2])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def inputs(golden_dir, name):
    return ModelCase(golden_dir, name, "two_images").inputs


def load(golden_dir, name, dtype=torch.float32):
    return MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / name, dtype=dtype).eval()


@pytest.fixture(scope="module")
def model(golden_dir, name):
    return load(golden_dir, name)


@torch.inference_mode()
def whole(model, inputs, tokens):
    """Logits behind the prompt and each token, without any cache."""
    prompt = model.embed(inputs["input_ids"], inputs["images"], inputs["pooled_patches_idx"])
    embeds = torch.cat([prompt, model.embed(torch.tensor([tokens]))], dim=1)
    return model.advance(inputs_embeds=embeds, keep=1 + len(tokens))[0]


def grouped(passes, inputs, *groups):
    """The same, in passes of some tokens each."""
    return torch.cat([passes.prefill(inputs), *(passes.extend(group) for group in groups)])


@pytest.mark.parametrize("width", [0, 8])
def test_any_grouping_of_tokens_gives_the_logits_of_one_pass_over_all(model, inputs, width):
    expected = whole(model, inputs, TOKENS)
    passes = Passes(model, 200, width=width)
    for groups in ([TOKENS], [TOKENS[:1], TOKENS[1:4], TOKENS[4:]], [[token] for token in TOKENS]):
        torch.testing.assert_close(grouped(passes, inputs, *groups), expected, atol=1e-4, rtol=0)


def test_guesses_in_the_prefill_have_logits_of_their_own(model, inputs):
    torch.testing.assert_close(
        Passes(model, 200).prefill(inputs, TOKENS), whole(model, inputs, TOKENS), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_in_passes_of_one_width_not_a_bit_depends_on_the_grouping(golden_dir, name, inputs, dtype):
    given = {**inputs, "images": inputs["images"].to(dtype)}
    passes = Passes(load(golden_dir, name, dtype), 200, width=8)
    one = grouped(passes, given, TOKENS)
    for groups in ([TOKENS[:3], TOKENS[3:]], [[token] for token in TOKENS]):
        assert grouped(passes, given, *groups).equal(one)


def test_what_was_dropped_leaves_no_trace(model, inputs):
    passes = Passes(model, 200, width=8)
    right = grouped(passes, inputs, TOKENS[:2], TOKENS[2:4])
    passes.prefill(inputs)
    passes.extend([*TOKENS[:2], 400, 401, 402])
    passes.drop(3)
    assert passes.extend(TOKENS[2:4]).equal(right[-2:])


def test_the_cache_is_allocated_once(model, inputs):
    passes = Passes(model, 200)
    buffers = [passes.prefill(inputs) is not None and passes._cache._keys.data_ptr() for _ in range(2)]
    passes.extend(TOKENS)
    assert {*buffers} == {passes._cache._keys.data_ptr()}


def test_a_prompt_longer_than_the_cache_is_refused(model, inputs):
    count = inputs["input_ids"].shape[1]
    passes = Passes(model, count)
    passes.prefill(inputs)
    assert passes.room == 0
    with pytest.raises(PromptError, match=f"the prompt has {count} tokens, the cache {count - 1}; raise cache_tokens"):
        Passes(model, count - 1).prefill(inputs)


def test_several_prompts_at_once_are_refused(model):
    with pytest.raises(PromptError, match="2 prompts at once"):
        Passes(model, 50).prefill({"input_ids": torch.ones(2, 3, dtype=torch.int64)})


def test_more_cache_than_the_model_has_positions_is_refused(model):
    with pytest.raises(ConfigError, match="a cache of 1025 tokens, but the model knows 1024"):
        Passes(model, 1025)


def test_a_graph_needs_a_width(model):
    with pytest.raises(ConfigError, match="set exact"):
        Passes(model, 100, compiled=True)
