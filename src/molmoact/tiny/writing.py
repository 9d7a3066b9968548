"""Writing a new checkpoint, its weights random: the files of the published layout, profile and depth codebook."""

from dataclasses import dataclass
from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file

from molmoact.depth.codebook import CODEBOOK_FILES
from molmoact.depth.vqvae import DepthVqVae
from molmoact.modeling.config import MolmoActConfig
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import PROFILE_FILE, CheckpointProfile
from molmoact_common.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class Parts:
    """What a checkpoint is made of, but for its weights."""

    config: MolmoActConfig
    processor: MolmoActProcessor
    codebook: DepthVqVae
    profile: CheckpointProfile


def write_checkpoint(folder: Path, parts: Parts, seed: int) -> None:
    """Write a checkpoint with random weights.

    Args:
        folder: made if absent; must not hold a checkpoint.
        parts: everything else.
        seed: of all random weights; the same seed gives the same files on one machine.

    Raises:
        CheckpointError: the folder holds a checkpoint already, or cannot be written.
    """
    if (folder / "config.json").exists():
        raise CheckpointError(f"{folder} holds a checkpoint already; remove it or name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder, parts, seed)
    except OSError as error:
        raise CheckpointError(f"cannot write {folder}: {error.strerror}; name another folder") from error


def _write(folder: Path, parts: Parts, seed: int) -> None:
    tokenizer = parts.processor.tokenizer
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MolmoActForActionReasoning(parts.config)
    model.generation_config.bos_token_id = tokenizer.bos_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    parts.processor.save_pretrained(folder)
    save_file(parts.codebook.state_dict(), folder / CODEBOOK_FILES[0])
    profile = parts.profile.model_dump(mode="json", exclude_defaults=True)
    (folder / PROFILE_FILE).write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")
