import cv2
import numpy as np
import pytest

from molmoact.runtime.offline import reason_offline
from molmoact_common.errors import ConfigError


@pytest.fixture
def files(tmp_path, views):
    paths = [tmp_path / f"{name}.png" for name in views]
    for path, view in zip(paths, views.values(), strict=True):
        cv2.imwrite(str(path), view)
    return paths


def test_an_answer_is_given_and_drawn(tiny_folder, tmp_path, files):
    picture = tmp_path / "answer.png"
    answer = reason_offline(files, "lift it", tiny_folder, device="cpu", output=picture, options={"constrained": True})
    assert answer.deltas is not None
    assert answer.deltas.shape == (8, 7)
    assert len(answer.depth) == 100
    assert list(answer.traces) == ["arm"]
    assert answer.why_refused == ""
    drawn = cv2.imread(str(picture))
    assert drawn is not None
    assert np.ptp(drawn) > 100


def test_a_refused_answer_is_drawn_too(tiny_folder, tmp_path, files):
    answer = reason_offline(files, "lift it", tiny_folder, device="cpu", output=tmp_path / "answer.png")
    assert answer.deltas is None
    assert answer.why_refused
    assert (tmp_path / "answer.png").stat().st_size > 1000


def test_the_number_of_images_must_be_the_profiles(tiny_folder, files):
    with pytest.raises(ConfigError, match="1 images given; the profile needs 2: front, wrist"):
        reason_offline(files[:1], "lift it", tiny_folder, device="cpu")


def test_a_file_that_is_no_image_is_named(tiny_folder, tmp_path, files):
    (tmp_path / "text.png").write_text("no image")
    for wrong in (tmp_path / "text.png", tmp_path / "absent.png"):
        with pytest.raises(ConfigError, match=f"cannot read .*{wrong.name}"):
            reason_offline([files[0], wrong], "lift it", tiny_folder, device="cpu")


def test_a_picture_that_cannot_be_written_is_named(tiny_folder, tmp_path, files):
    with pytest.raises(ConfigError, match="cannot write"):
        reason_offline(files, "lift it", tiny_folder, device="cpu", output=tmp_path / "absent" / "answer.png")
