import json

import numpy as np
import pytest
import torch
from PIL import Image

from molmoact.processing import MolmoActImageProcessor
from support.golden import PRESETS, read_json, sha256_of


def prepared(golden_dir, case):
    folder = golden_dir / "image_preproc"
    settings = read_json(folder / "cases.json")["presets"][case["preset"]]
    kind, sizes = case["case"].split("/")
    pictures = [Image.open(folder / f"img_{size}.png") for size in sizes.split("+")]
    return MolmoActImageProcessor(**settings).prepare(pictures, alone=kind == "flat")


@pytest.mark.parametrize("preset", PRESETS)
def test_crops_indices_and_masks_are_bit_exact(golden_dir, preset):
    for case in read_json(golden_dir / "image_preproc" / "cases.json")["cases"]:
        if case["preset"] != preset:
            continue
        crops = prepared(golden_dir, case)
        assert [list(grid) for grid in crops.grids] == case["grids"], case["case"]
        assert sha256_of(crops.patches) == case["sha_images"], case["case"]
        assert sha256_of(crops.pooled) == case["sha_pooled_int64"], case["case"]
        assert sha256_of(crops.masks.astype(np.float64)) == case["sha_masks_f64"], case["case"]


@pytest.mark.parametrize("preset", PRESETS)
def test_stored_slices_agree_where_the_set_has_them(golden_dir, preset):
    path = golden_dir / "image_preproc" / f"{preset}.npz"
    if not path.exists():
        pytest.skip(f"{path.name} is only in the full set; the hashes above cover it")
    stored = np.load(path)
    for case in read_json(golden_dir / "image_preproc" / "cases.json")["cases"]:
        if case["preset"] == preset:
            crops = prepared(golden_dir, case)
            np.testing.assert_array_equal(crops.pooled, stored[f"{case['case']}/pooled_patches_idx"])
            selected = crops.patches[:, stored[f"{case['case']}/patch_sel"]]
            np.testing.assert_allclose(selected, stored[f"{case['case']}/patches"], atol=1e-6)


def test_a_picture_that_needs_no_tiles_gives_two_equal_crops():
    picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    whole, tile = MolmoActImageProcessor().prepare([picture]).patches
    np.testing.assert_array_equal(whole, tile)


def test_missing_places_of_the_second_picture_point_at_the_first_as_in_training():
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    processor = MolmoActImageProcessor()
    one, two = processor.prepare([picture]), processor.prepare([picture, picture])
    np.testing.assert_array_equal(two.pooled[: len(one.pooled)], one.pooled)
    missing = one.pooled == -1
    assert missing.sum() == 110
    assert (two.pooled[len(one.pooled) :][missing] == one.masks.size - 1).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_number_of_threads_changes_no_bit(golden_dir, preset):
    case = {"preset": preset, "case": "flat/320x240"}
    before = torch.get_num_threads()
    try:
        hashes = []
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            hashes.append(sha256_of(prepared(golden_dir, case).patches))
    finally:
        torch.set_num_threads(before)
    assert len(set(hashes)) == 1


def test_an_array_and_the_same_picture_are_one():
    array = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    processor = MolmoActImageProcessor()
    from_array, from_picture = (processor.prepare([each]) for each in (array, Image.fromarray(array)))
    np.testing.assert_array_equal(from_array.patches, from_picture.patches)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_arrays_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="uint8"):
        MolmoActImageProcessor().prepare([np.zeros(shape, dtype=np.uint8)])


def test_arrays_of_another_type_are_refused():
    with pytest.raises(ValueError, match="float32"):
        MolmoActImageProcessor().prepare([np.zeros((4, 4, 3), dtype=np.float32)])


@pytest.mark.parametrize(
    "setting",
    [{"resize_mode": "x"}, {"crop_mode": "resize"}, {"pad_value": 1.0}, {"base_image_input_size": [378, 392]}],
)
def test_settings_of_no_published_checkpoint_are_refused(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        MolmoActImageProcessor(**setting)


@pytest.mark.parametrize("preset", PRESETS)
def test_saved_settings_are_those_that_were_read(golden_dir, tmp_path, preset):
    folder = golden_dir / "checkpoint_format" / f"processor_saved_{preset}"
    MolmoActImageProcessor.from_pretrained(folder).save_pretrained(tmp_path)
    published = read_json(folder / "preprocessor_config.json")
    published.pop("processor_class")  # written by the processor, not by its image part
    assert json.loads((tmp_path / "preprocessor_config.json").read_text()) == published
