import pytest
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from molmoact.modeling import MolmoActConfig, MolmoActForActionReasoning
from molmoact.modeling.register import register
from molmoact.processing import MolmoActImageProcessor, MolmoActProcessor
from support.golden import make_checkpoint


@pytest.mark.parametrize(
    ("auto", "ours"),
    [
        (AutoConfig, MolmoActConfig),
        (AutoModelForCausalLM, MolmoActForActionReasoning),
        (AutoModelForImageTextToText, MolmoActForActionReasoning),
        (AutoImageProcessor, MolmoActImageProcessor),
        (AutoProcessor, MolmoActProcessor),
    ],
)
def test_a_checkpoint_opens_by_its_own_config(golden_dir, tmp_path, auto, ours):
    assert type(auto.from_pretrained(make_checkpoint(golden_dir, tmp_path))) is ours


def test_registering_again_is_allowed():
    register()
    assert type(AutoConfig.for_model("molmoact")) is MolmoActConfig
