"""Writing the small checkpoint: configuration, random weights, processor, statistics, profile and depth codebook."""

from pathlib import Path
from typing import Any, Literal

from molmoact.modeling.config import MolmoActConfig
from molmoact.processing.image import MolmoActImageProcessor
from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import CheckpointProfile, Resize
from molmoact.tiny.codebook import grey_level_codebook
from molmoact.tiny.tokenizer import IMAGE_TOKENS, tiny_tokenizer
from molmoact.tiny.writing import Parts, write_checkpoint
from molmoact_common.poses import DeltaFrame, RotationConvention

Family = Literal["7B-D", "7B-O"]

SIDE = 112
"""Pixels of a crop: 8 x 8 patches, one of them margin, so a view of this size is one tile of 16 windows."""
_MARGINS = (1, 1)
_VIT_WIDTH, _WIDTH = 64, 128
_HEADS = 4

_SPREAD = 0.16
"""Deviation of the random weights: eight times the published one, so that what is answered depends on what is seen
and an arm wanders about instead of running off in one direction."""

_LIMITS = (0.008, 0.008, 0.008, 0.05, 0.05, 0.05)
"""Largest delta of a step: metres and radians. At 15 steps a second 0.12 m/s along an axis, within the speed cap."""

_VIT: dict[Family, dict[str, Any]] = {
    "7B-D": {"hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6, "image_num_pos": 64, "patch_bias": True},
    "7B-O": {
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
        "image_num_pos": 65,
        "patch_bias": False,
        "use_cls_token": True,
        "pre_layernorm": True,
    },
}
_LLM: dict[Family, dict[str, Any]] = {
    "7B-D": {"num_key_value_heads": 2, "qkv_bias": True, "rope_theta": 1e6},
    "7B-O": {
        "num_key_value_heads": 4,
        "qkv_bias": False,
        "rope_theta": 5e5,
        "use_qk_norm": True,
        "norm_after": True,
    },
}
_IMAGES: dict[Family, dict[str, Any]] = {
    "7B-D": {"resize_mode": "siglip", "normalize_mode": "siglip"},
    "7B-O": {"resize_mode": "default", "normalize_mode": "openai"},
}


_ARMS = {1: ("arm",), 2: ("left", "right")}
_VIEWS = {1: ("front", "wrist"), 2: ("front", "left_wrist", "right_wrist")}
"""Names of arms and cameras in the simulated cell, by the number of arms."""


def tiny_profile(arms: int = 1) -> CheckpointProfile:
    """Conventions of the simulated cell with one arm or two, for which the small checkpoint is made."""
    return CheckpointProfile(
        name="tiny",
        statistics_key="cell",
        step_period=1 / 15,
        frame=DeltaFrame.BASE,
        rotation=RotationConvention.ROTATION_VECTOR,
        gripper="one_is_open",
        deltas="commanded",
        arms=_ARMS[arms],
        views=_VIEWS[arms],
        resize=Resize(width=SIDE, height=SIDE, method="area"),
        prompt="multi_view",
    )


def make_tiny_checkpoint(
    folder: Path, family: Family = "7B-D", seed: int = 0, *, layers: int = 3, arms: int = 1
) -> None:
    """Write a small checkpoint with random weights in the published layout.

    Args:
        folder: made if absent; must not hold a checkpoint.
        family: which published family it is shaped after.
        seed: of all random weights; the same seed gives the same files on one machine.
        layers: of the language model.
        arms: 1 or 2; two make 14 action dimensions, and the names of the two-armed cell.

    Raises:
        CheckpointError: the folder holds a checkpoint already, or cannot be written.
    """
    tokenizer = tiny_tokenizer()
    written = Parts(
        _config(family, tokenizer, layers, arms),
        _processor(family, tokenizer),
        grey_level_codebook(),
        tiny_profile(arms),
    )
    write_checkpoint(folder, written, seed)


def _config(family: Family, tokenizer: Any, layers: int, arms: int) -> MolmoActConfig:
    attention = {"num_attention_heads": _HEADS, "num_key_value_heads": _HEADS, "head_dim": _VIT_WIDTH // _HEADS}
    return MolmoActConfig(
        vit_config={
            "hidden_size": _VIT_WIDTH,
            "intermediate_size": 2 * _VIT_WIDTH,
            "num_hidden_layers": 4,
            "image_default_input_size": [SIDE, SIDE],
            **attention,
            **_VIT[family],
        },
        adapter_config={
            "vit_layers": [-2, -3],
            "hidden_size": _VIT_WIDTH,
            "intermediate_size": 2 * _WIDTH,
            "text_hidden_size": _WIDTH,
            "image_padding_embed": "pad_and_partial_pad" if family == "7B-O" else None,
            **attention,
        },
        llm_config={
            "hidden_size": _WIDTH,
            "intermediate_size": 2 * _WIDTH,
            "num_hidden_layers": layers,
            "num_attention_heads": _HEADS,
            "head_dim": _WIDTH // _HEADS,
            "vocab_size": tokenizer.convert_tokens_to_ids(IMAGE_TOKENS[0]),
            **_LLM[family],
        },
        image_patch_id=tokenizer.convert_tokens_to_ids("<im_patch>"),
        initializer_range=_SPREAD,
        norm_stats={"cell": {"action": _statistics(arms), "num_transitions": 0, "num_trajectories": 0}},
    )


def _statistics(arms: int) -> dict[str, list[float] | list[bool]]:
    zeros, high = [0.0] * 7 * arms, [*_LIMITS, 1.0] * arms
    low = [*(-limit for limit in _LIMITS), 0.0] * arms
    return {
        "mean": zeros,
        "std": high,
        "min": low,
        "max": high,
        "q01": low,
        "q99": high,
        "mask": [*[True] * 6, False] * arms,
    }


def _processor(family: Family, tokenizer: Any) -> MolmoActProcessor:
    images = MolmoActImageProcessor(base_image_input_size=[SIDE, SIDE], overlap_margins=_MARGINS, **_IMAGES[family])
    return MolmoActProcessor(images, tokenizer)
