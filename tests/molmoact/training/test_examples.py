import numpy as np
import pytest

from molmoact.training.examples import make_example
from molmoact.training.rows import RowsError
from support.golden import read_json, sha256_of
from support.training import COLLATED, golden_processor


@pytest.mark.parametrize("case", [*COLLATED, "multi_annotation", "weighted"])
def test_sequences_are_the_recorded_ones(golden_dir, trained, example_of, case):
    made = example_of(case)
    with np.load(golden_dir / "train" / f"{trained}.npz") as stored:
        recorded = {name.split("/")[1]: stored[name] for name in stored.files if name.startswith(f"{case}/")}
    learnt = made.weights > 0
    np.testing.assert_array_equal(made.ids, recorded["input_tokens"])
    np.testing.assert_array_equal(made.targets[learnt], recorded["target_tokens"][learnt])
    np.testing.assert_allclose(made.weights, recorded["loss_masks"], rtol=1e-6)
    np.testing.assert_array_equal(made.positions, recorded["position_ids"])
    np.testing.assert_array_equal(made.crops.pooled, recorded["pooled_patches_idx"])
    if "subsegment_ids" in recorded:
        np.testing.assert_array_equal(np.where(made.segments < 0, 10000, made.segments), recorded["subsegment_ids"])
    meta = read_json(golden_dir / "train" / "meta.json")[trained]
    assert sha256_of(made.crops.patches) == meta[f"{case}/images_sha"]


def test_a_row_over_the_cap_is_refused_and_not_cut(golden_dir, tmp_path):
    processor = golden_processor(golden_dir, tmp_path, "qwen_siglip_a")
    dialogue = [("the task", "open the drawer")]
    length = len(make_example(processor, dialogue, None, alone=True, longest=100))
    make_example(processor, dialogue, None, alone=True, longest=length)
    with pytest.raises(RowsError, match=f"a row of {length} tokens, {length - 1} are allowed"):
        make_example(processor, dialogue, None, alone=True, longest=length - 1)


def test_image_tokens_in_a_text_are_refused(golden_dir, tmp_path):
    processor = golden_processor(golden_dir, tmp_path, "qwen_siglip_a")
    with pytest.raises(RowsError, match="image tokens"):
        make_example(processor, [("see <im_patch>", "two")], None, alone=True, longest=100)
