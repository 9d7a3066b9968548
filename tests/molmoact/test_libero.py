import cv2
import numpy as np
import pytest

from molmoact.libero import centre_crop, environment_gripper, observation
from support.golden import read_json, sha256_of


@pytest.fixture(scope="module")
def recorded(golden_dir):
    return read_json(golden_dir / "libero/cases.json")


def picture(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def test_centre_crops_are_bit_exact(golden_dir, recorded):
    for case in recorded["center_crop_sizes"]:
        assert sha256_of(centre_crop(picture(golden_dir / case["image"]))) == case["sha256"]
    case = recorded["images"][0]
    assert sha256_of(centre_crop(picture(golden_dir / "libero" / case["obs"]))) == case["sha_cropped"]


def test_a_frame_differs_from_the_published_one_by_the_jpeg_decoder_alone(golden_dir, recorded):
    case = recorded["images"][0]
    ours = observation(picture(golden_dir / "libero" / case["raw"])).astype(int)
    published = centre_crop(picture(golden_dir / "libero" / case["obs"])).astype(int)
    assert np.abs(ours - published).max() <= case["pil_jpeg95_max_diff"]


def test_other_frame_sizes_are_refused():
    with pytest.raises(ValueError, match="256 x 256"):
        observation(np.zeros((128, 128, 3), dtype=np.uint8))


def test_gripper_mapping_is_the_published_one(recorded):
    for case in recorded["gripper"]:
        assert environment_gripper(case["inp"][6]) == case["env"][6]
