"""A checkpoint folder, checked and loaded: model, processor, and everything that its answers are read with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from molmoact.checkpoint import verify_checkpoint
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.placement import Machine, place
from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import PROFILE_FILE, CheckpointProfile, load_profile
from molmoact.protocol.actions import check_dimensions
from molmoact.protocol.statistics import ActionStatistics, choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact_common.errors import CheckpointError

Dtype = Literal["auto", "bfloat16", "float32"]


@dataclass(frozen=True, slots=True)
class LoadedCheckpoint:
    """What a folder held, ready to answer."""

    folder: Path
    model: MolmoActForActionReasoning
    processor: MolmoActProcessor
    profile: CheckpointProfile
    statistics: ActionStatistics
    symbols: ActionSymbols


@dataclass(frozen=True, slots=True)
class CheckedCheckpoint:
    """A folder of which everything but the weights was read, and where its model will run."""

    profile: CheckpointProfile
    statistics: ActionStatistics
    dtype: torch.dtype
    device: torch.device


def check_checkpoint(
    folder: Path, profile_path: Path | None = None, device: str = "auto", dtype: Dtype = "auto"
) -> CheckedCheckpoint:
    """Check a folder without reading a weight: a second at any size.

    Args:
        folder: in the published layout.
        profile_path: of the profile; None: the one in the folder.
        device: "auto", "cpu" or "cuda".
        dtype: of the weights; auto: bfloat16 on a GPU, float32 on a CPU.

    Raises:
        CheckpointError: absent, incomplete, of another type, without a profile, or too big for this machine.
        ConfigError: the profile is not valid.
    """
    profile = _profile(folder, profile_path)
    verified = verify_checkpoint(folder, profile.statistics_key)
    statistics = choose_statistics(verified.config.norm_stats or {}, profile.statistics_key)
    check_dimensions(statistics, profile)
    machine = Machine.probe()
    weights = _dtype(dtype, device, machine)
    return CheckedCheckpoint(profile, statistics, weights, place(verified, weights, device, machine))


def load_checkpoint(
    folder: Path, profile_path: Path | None = None, device: str = "auto", dtype: Dtype = "auto"
) -> LoadedCheckpoint:
    """Check a folder, then load it; arguments and errors as in `check_checkpoint`."""
    checked = check_checkpoint(folder, profile_path, device, dtype)
    model = MolmoActForActionReasoning.from_pretrained(folder, dtype=checked.dtype).to(checked.device).eval()
    processor = MolmoActProcessor.from_pretrained(folder)
    symbols = ActionSymbols.from_tokenizer(processor.tokenizer)
    return LoadedCheckpoint(folder, model, processor, checked.profile, checked.statistics, symbols)


def _profile(folder: Path, path: Path | None) -> CheckpointProfile:
    if not folder.is_dir():
        raise CheckpointError(f"no checkpoint folder {folder}; check the path")
    path = path or folder / PROFILE_FILE
    if not path.is_file():
        raise CheckpointError(
            f"no profile {path}: no profile, no motion; copy the one that fits from config/policy/profiles there, "
            "or name it in the policy's profile"
        )
    return load_profile(path)


def _dtype(asked: Dtype, device: str, machine: Machine) -> torch.dtype:
    if asked != "auto":
        return torch.bfloat16 if asked == "bfloat16" else torch.float32
    takes_gpu = device == "cuda" or (device == "auto" and machine.gpu is not None)
    return torch.bfloat16 if takes_gpu else torch.float32
