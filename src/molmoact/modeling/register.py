"""Make the model and its parts known to transformers' Auto classes, so that a checkpoint opens by its config.json."""

from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

from molmoact.modeling.config import MolmoActConfig
from molmoact.modeling.model import MolmoActForActionReasoning


def register() -> None:
    """Register once; further calls change nothing."""
    AutoConfig.register("molmoact", MolmoActConfig, exist_ok=True)
    AutoModelForCausalLM.register(MolmoActConfig, MolmoActForActionReasoning, exist_ok=True)
    AutoModelForImageTextToText.register(MolmoActConfig, MolmoActForActionReasoning, exist_ok=True)
