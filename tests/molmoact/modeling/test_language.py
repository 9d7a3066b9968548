import pytest
import torch
from transformers import DynamicCache

from molmoact.modeling.config import MolmoActLlmConfig
from molmoact.modeling.language import LanguageModel, MolmoActRMSNorm, TokenEmbedding, rotary_tables, rotate

SIZES = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "head_dim": 8,
    "num_hidden_layers": 2,
    "intermediate_size": 48,
    "vocab_size": 40,
    "additional_vocab_size": 6,
    "rope_theta": 1e4,
}
FAMILIES = {
    "qwen": {"num_key_value_heads": 2, "qkv_bias": True},
    "olmo": {"num_key_value_heads": 4, "qkv_bias": False, "use_qk_norm": True, "norm_after": True},
}


@pytest.fixture(params=FAMILIES)
def language(request):
    torch.manual_seed(0)
    model = LanguageModel(MolmoActLlmConfig(**SIZES, **FAMILIES[request.param])).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


def positions(start, stop):
    return torch.arange(start, stop)[None]


def test_ids_behind_the_vocabulary_read_the_second_table():
    table = TokenEmbedding(MolmoActLlmConfig(**SIZES))
    torch.nn.init.normal_(table.embedding)
    torch.nn.init.normal_(table.new_embedding)
    rows = table(torch.tensor([[0, 39, 40, 45]]))[0]
    assert rows.equal(
        torch.stack([table.embedding[0], table.embedding[39], table.new_embedding[0], table.new_embedding[5]])
    )


def test_norm_is_taken_in_float32():
    norm = MolmoActRMSNorm(4, 0.0)
    large = torch.full((1, 4), 1000.0, dtype=torch.float16)  # whose square is no finite float16
    assert norm.to(torch.float16)(large).tolist() == [[1, 1, 1, 1]]


def test_rotation_keeps_lengths_and_depends_on_the_distance_only():
    q, k = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))

    def score(query_position, key_position):
        tables = [rotary_tables(torch.tensor([[p]]), 8, 1e4, torch.float32) for p in (query_position, key_position)]
        return (rotate(q, tables[0]) * rotate(k, tables[1])).sum()

    torch.testing.assert_close(score(9, 4), score(105, 100), atol=1e-5, rtol=0)
    assert abs(score(9, 4) - score(9, 8)) > 1e-3
    rotated = rotate(q, rotary_tables(torch.tensor([[77]]), 8, 1e4, torch.float32))
    torch.testing.assert_close(rotated.norm(), q.norm())


@torch.inference_mode()
def test_a_later_token_changes_nothing_before_it(language):
    embeds = torch.randn(1, 6, 32)
    changed = embeds.clone()
    changed[:, 5] += 1
    before, after = (language(each, positions(0, 6)) for each in (embeds, changed))
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert (before[:, 5] - after[:, 5]).abs().max() > 1e-2


@torch.inference_mode()
def test_one_pass_and_steps_over_a_cache_agree(language):
    embeds = torch.randn(1, 6, 32)
    whole = language(embeds, positions(0, 6))
    cache = DynamicCache()
    first = language(embeds[:, :4], positions(0, 4), cache=cache)
    rest = [language(embeds[:, i : i + 1], positions(i, i + 1), cache=cache) for i in (4, 5)]
    torch.testing.assert_close(torch.cat([first, *rest], dim=1), whole, atol=1e-5, rtol=0)
