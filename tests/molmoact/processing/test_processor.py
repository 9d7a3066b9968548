import numpy as np
import pytest
from jinja2 import TemplateError
from PIL import Image
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from molmoact.processing import MolmoActProcessor
from support.golden import PRESETS, make_processor, read_json, sha256_of

# Names of the recorded pictures by the recorded case's name.
PICTURES = {
    "single_flat_320x240_reason_single": ["320x240"],
    "single_flat_256_steer_single": ["256x256"],
    "single_nested_320x240_reason_multi": [["320x240"]],
    "two_320x240_256_reason_multi": [["320x240", "256x256"]],
    "two_640x480_320x240_steer_multi": [["640x480", "320x240"]],
    "two_apply_chat_template_flag": [["320x240", "256x256"]],
    "batch2_left_pad": [["320x240", "256x256"], ["256x256"]],
    "text_only": None,
}
PICTURE = np.zeros((64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module", params=PRESETS)
def preset(request):
    return request.param


@pytest.fixture(scope="module")
def processor(golden_dir, tmp_path_factory, preset):
    return MolmoActProcessor.from_pretrained(make_processor(golden_dir, tmp_path_factory.mktemp(preset), preset))


def opened(golden_dir, names):
    if isinstance(names, str):
        return Image.open(golden_dir / "image_preproc" / f"img_{names}.png")
    return [opened(golden_dir, name) for name in names]


def test_inputs_are_bit_exact(golden_dir, processor, preset):
    cases = [case for case in read_json(golden_dir / "processor" / "cases.json") if case["preset"] == preset]
    assert {case["case"] for case in cases} == set(PICTURES)
    for case in cases:
        names = PICTURES[case["case"]]
        images = None if names is None else opened(golden_dir, names)
        inputs = processor(text=case["text"], images=images, **case["kwargs"])
        assert {name: sha256_of(value.numpy()) for name, value in inputs.items()} == case["sha256"], case["case"]


def test_conversations_render_as_published(golden_dir, processor):
    for case in read_json(golden_dir / "processor" / "chat_template.json"):
        prompt = case["add_generation_prompt"]
        assert processor.apply_chat_template(case["messages"], add_generation_prompt=prompt) == case["out"]


def test_two_turns_of_one_role_are_refused(processor):
    with pytest.raises(TemplateError, match="must alternate"):
        processor.apply_chat_template([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])


def test_a_picture_alone_is_not_announced_and_one_in_a_list_is(processor):
    alone, listed = (processor(text="go", images=images)["input_ids"][0] for images in ([PICTURE], [[PICTURE]]))
    announced = processor.tokenizer.encode("Image 1", add_special_tokens=False)
    assert listed.tolist() == [alone[0].item(), *announced, *alone[1:].tolist()]


def test_image_tokens_match_the_pooled_windows(processor):
    inputs = processor(text="go", images=[[PICTURE, PICTURE]])
    patches = (inputs["input_ids"] == processor.image_tokens.patch).sum()
    assert patches == inputs["pooled_patches_idx"].shape[1]


def test_a_bare_picture_is_one_picture(processor):
    bare, listed = (processor(text="go", images=images) for images in (PICTURE, [PICTURE]))
    assert bare["input_ids"].equal(listed["input_ids"])


@pytest.mark.parametrize(
    ("images", "text", "why"),
    [
        ([PICTURE, PICTURE], "go", "entries of images for 1 texts"),
        ([PICTURE, [PICTURE]], ["go", "stop"], "mixes"),
        ([[PICTURE], []], ["go", "stop"], "every text or for none"),
        ([PICTURE], "put <im_patch> away", "holds image tokens"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(processor, images, text, why):
    with pytest.raises(ValueError, match=why):
        processor(text=text, images=images)


def test_unsupported_options_are_refused(processor):
    with pytest.raises(ValueError, match="return_tensors"):
        processor(text="go", return_tensors="np")
    with pytest.raises(ValueError, match="use_col_tokens"):
        MolmoActProcessor(processor.image_processor, processor.tokenizer, use_col_tokens=False)


def test_what_is_saved_is_what_was_read(golden_dir, processor, preset, tmp_path):
    processor.save_pretrained(tmp_path)
    published = golden_dir / "checkpoint_format" / f"processor_saved_{preset}"
    assert read_json(tmp_path / "processor_config.json") == read_json(published / "processor_config.json")
    again = MolmoActProcessor.from_pretrained(tmp_path)
    first, second = (each(text="User: [¡, ½] <DEPTH_7> 12", images=[PICTURE]) for each in (processor, again))
    assert all(first[name].equal(second[name]) for name in first)


def test_a_checkpoints_own_template_is_used(golden_dir, tmp_path):
    folder = make_processor(golden_dir, tmp_path, PRESETS[0])
    (folder / "chat_template.jinja").write_text("own")
    assert MolmoActProcessor.from_pretrained(folder).apply_chat_template([{"role": "user", "content": "a"}]) == "own"


def test_the_tokenizer_has_the_recorded_ids(golden_dir, processor):
    info = read_json(golden_dir / "tokenizer" / "full" / "info.json")
    tokenizer = processor.tokenizer
    assert {token: tokenizer.convert_tokens_to_ids(token) for token in info["ids"]} == info["ids"]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (
        info["bos"],
        info["eos"],
        info["pad"],
    )
    symbols = info["note_action_symbols_are_not_single_tokens"]
    assert tokenizer.encode(symbols["text"], add_special_tokens=False) == symbols["ids"]


def test_decoding_keeps_depth_codes_and_drops_image_tokens(golden_dir, processor):
    recorded = read_json(golden_dir / "tokenizer" / "full" / "info.json")["decode_skip_special"]
    assert processor.decode(recorded["ids_in"], skip_special_tokens=True) == recorded["out_skip"]
    assert processor.decode(recorded["ids_in"]) == recorded["out_keep"]


@pytest.mark.parametrize(("names", "why"), [({"eos_token": "a"}, "no <im_start>"), ({}, "pad and an eos")])
def test_a_tokenizer_that_lacks_tokens_is_refused(processor, names, why):
    bare = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"a": 0}, unk_token="a")), pad_token="a", **names
    )
    with pytest.raises(ValueError, match=why):
        MolmoActProcessor(processor.image_processor, bare)
