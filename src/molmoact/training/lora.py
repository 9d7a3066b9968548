"""LoRA adapters through peft: on every linear layer, the vision transformer's and the head's among them."""

import warnings
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn

from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.training.recipe import AdapterSettings

ADAPTER_CONFIG = "adapter_config.json"


def add_adapter(model: MolmoActForActionReasoning, settings: AdapterSettings, seed: int) -> Any:
    """Put a new adapter into a model; everything else is frozen from then on.

    Args:
        model: changed in place.
        settings: rank and the like.
        seed: of the adapter's first matrices, which are normal; the second ones are zero, so nothing changes at first.

    Returns:
        peft's view of the model, which writes and reads the adapter alone.
    """
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        bias="none",
        target_modules=linear_layers(model),
        init_lora_weights="gaussian",
    )
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        # peft asks transformers by a name that will be another one in its next version
        warnings.filterwarnings("ignore", category=FutureWarning)
        torch.manual_seed(seed)
        return get_peft_model(model, config)


def linear_layers(model: nn.Module) -> list[str]:
    """Last parts of the names of all linear layers; no other layer has one of these names."""
    return sorted({name.split(".")[-1] for name, part in model.named_modules() if isinstance(part, nn.Linear)})


def write_adapter(adapter: Any, folder: Path) -> None:
    """Write an adapter in peft's format, without any weights of the base."""
    # peft would add the whole head, as a layer that adapters usually leave alone
    adapter.save_pretrained(folder, save_embedding_layers=False)


def merged(model: MolmoActForActionReasoning, folder: Path) -> MolmoActForActionReasoning:
    """A model with the adapter of `folder` added to its weights."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)  # as above
        whole: MolmoActForActionReasoning = PeftModel.from_pretrained(model, folder).merge_and_unload()
    return whole
