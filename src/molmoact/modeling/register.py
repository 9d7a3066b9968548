"""Make the model and its parts known to transformers' Auto classes, so that a checkpoint opens by its config.json."""

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from molmoact.modeling.config import MolmoActConfig
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.processing import MolmoActImageProcessor, MolmoActProcessor


def register() -> None:
    """Register once; further calls change nothing."""
    AutoConfig.register("molmoact", MolmoActConfig, exist_ok=True)
    AutoModelForCausalLM.register(MolmoActConfig, MolmoActForActionReasoning, exist_ok=True)
    AutoModelForImageTextToText.register(MolmoActConfig, MolmoActForActionReasoning, exist_ok=True)
    AutoImageProcessor.register(MolmoActConfig, MolmoActImageProcessor, exist_ok=True)
    AutoProcessor.register(MolmoActConfig, MolmoActProcessor, exist_ok=True)
