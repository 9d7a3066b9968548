import pytest
import torch

from molmoact.modeling.config import MolmoActAdapterConfig, MolmoActVitConfig
from molmoact.modeling.keypoints import KeypointBackbone, KeypointTrunk, places
from molmoact.processing.image import MolmoActImageProcessor

SIDE, PATCH, WIDTH = 56, 14, 16


@pytest.fixture(scope="module")
def backbone():
    torch.manual_seed(0)
    vit = MolmoActVitConfig(
        hidden_size=WIDTH, num_hidden_layers=2, image_default_input_size=[SIDE, SIDE], image_patch_size=PATCH
    )
    return KeypointBackbone(vit, MolmoActAdapterConfig(text_hidden_size=8, intermediate_size=32)).eval()


@pytest.fixture(scope="module")
def images():
    return MolmoActImageProcessor(base_image_input_size=[SIDE, SIDE], image_patch_size=PATCH, overlap_margins=[1, 1])


def prepared(images, *pictures):
    crops = images.prepare([picture.numpy() for picture in pictures])
    return torch.from_numpy(crops.patches)[None], torch.from_numpy(crops.pooled)[None]


def picture(seed):
    return torch.randint(0, 255, (SIDE, SIDE, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def test_patches_become_the_picture_that_they_were_cut_from(backbone, images):
    seen = picture(0)
    patches, _ = prepared(images, seen)
    again = KeypointTrunk._picture(backbone.image_vit, patches[0])[0]
    torch.testing.assert_close(again, seen.permute(2, 0, 1) / 255 * 2 - 1)


@torch.inference_mode()
def test_tokens_of_a_picture_do_not_depend_on_what_else_is_in_the_batch(backbone, images):
    both = backbone(*prepared(images, picture(0), picture(1)))
    alone = [backbone(*prepared(images, picture(seed))) for seed in (0, 1)]
    torch.testing.assert_close(both, torch.cat(alone))
    assert both.shape == (2 * 2 * 4, 8)


@torch.inference_mode()
def test_crops_that_training_keeps_once_give_the_same_tokens(backbone, images):
    patches, pooled = prepared(images, picture(0))
    once = backbone(patches[:, :1], pooled % patches.shape[2])
    torch.testing.assert_close(once, backbone(patches, pooled))


def test_a_picture_of_several_tiles_is_refused(backbone, images):
    tall = torch.zeros(4 * SIDE, SIDE, 3, dtype=torch.uint8)
    with pytest.raises(ValueError, match="pictures of one tile"):
        backbone(*prepared(images, tall))


def test_places_run_from_left_to_right_and_from_top_to_bottom():
    where = places(torch.zeros(1, 1, 3, 2))
    assert where[0].tolist() == [[-1, -1], [1, -1]]
    assert where[-1].tolist() == [[-1, 1], [1, 1]]
