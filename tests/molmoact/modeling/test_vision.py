import pytest
import torch

from molmoact.modeling import MolmoActForActionReasoning
from molmoact.modeling.vision import interpolate_positions
from support.golden import MODELS, ModelCase


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def vit(golden_dir, name):
    return MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / name).model.vision_backbone.image_vit


@torch.inference_mode()
def test_listed_blocks_give_the_recorded_states(golden_dir, name, vit):
    case = ModelCase(golden_dir, name, "single_flat")
    states = torch.stack([state[0] for state in vit.hidden_states(case.inputs["images"][0, :1])])
    torch.testing.assert_close(states, torch.from_numpy(case.out["vit_hidden_first_crop"]), atol=1e-4, rtol=0)


def random_crops(vit, count):
    patches = vit.grid[0] * vit.grid[1]
    return torch.randn(count, patches, 588, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def test_equal_neighbours_are_computed_once(vit):
    first, second = random_crops(vit, 2)
    crops_seen = []
    handle = vit.transformer.resblocks[0].register_forward_pre_hook(lambda _, args: crops_seen.append(len(args[0])))
    features = vit(torch.stack([first, first, second, second, first]))
    handle.remove()
    assert crops_seen == [3]
    torch.testing.assert_close(features, vit(torch.stack([first, second]))[[0, 0, 1, 1, 0]], atol=1e-5, rtol=0)


@torch.inference_mode()
def test_features_have_a_row_a_patch_and_no_class_row(vit):
    crops = random_crops(vit, 1)
    joined = torch.cat([state[:, vit.class_rows :] for state in vit.hidden_states(crops)], dim=-1)
    assert vit(crops).equal(joined)
    assert joined.shape[1] == crops.shape[1]


def test_positions_of_the_same_grid_are_the_table_itself():
    table = torch.randn(9, 4)
    assert interpolate_positions(table, (3, 3)) is table


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_constant_positions_stay_constant_on_another_grid(dtype):
    resized = interpolate_positions(torch.full((36, 4), 0.5, dtype=dtype), (5, 4))
    assert resized.dtype == dtype
    torch.testing.assert_close(resized, torch.full((20, 4), 0.5, dtype=dtype))
