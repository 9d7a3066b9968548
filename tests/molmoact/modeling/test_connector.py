import pytest
import torch

from molmoact.modeling import MolmoActForActionReasoning
from molmoact.modeling.connector import gather_windows
from support.golden import MODELS, ModelCase


def test_missing_places_are_zero_and_empty_windows_are_dropped():
    features = torch.arange(1.0, 7.0).view(1, 6, 1)
    indices = torch.tensor([[[0, 5, -1, 2], [-1, -1, -1, -1], [3, 3, 3, 3]]])
    windows = gather_windows(features, indices)
    assert windows[..., 0].tolist() == [[1, 6, 0, 3], [4, 4, 4, 4]]


def test_windows_of_a_batch_come_row_after_row():
    features = torch.arange(4.0).view(2, 2, 1)
    indices = torch.tensor([[[1, 0, 0, 0], [-1] * 4], [[0, 0, 0, 0], [1, 1, 1, 1]]])
    assert gather_windows(features, indices)[:, 0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("case", ["single_flat", "two_images", "single_nested", "batch_left_pad"])
@pytest.mark.parametrize("model", MODELS)
@torch.inference_mode()
def test_image_vectors_are_the_recorded_ones(golden_dir, model, case):
    backbone = MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / model).model.vision_backbone
    recorded = ModelCase(golden_dir, model, case)
    vectors = backbone(recorded.inputs["images"], recorded.inputs["pooled_patches_idx"])
    # the vectors are of the order of 100, and float32 sums in another order differ in the sixth digit
    torch.testing.assert_close(vectors, torch.from_numpy(recorded.out["image_features"]), atol=1e-3, rtol=1e-4)
