"""The untrained nano checkpoint: sizes, tokenizer, picture size and profile; what training begins with."""

from pathlib import Path
from typing import Any, Literal

from transformers import PreTrainedTokenizerFast

from molmoact.depth.codebook import DepthCodebook
from molmoact.modeling.config import MolmoActConfig
from molmoact.nano.tokenizer import nano_tokenizer
from molmoact.processing.image import MolmoActImageProcessor
from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import CheckpointProfile
from molmoact.tiny.checkpoint import SIDE, tiny_profile
from molmoact.tiny.codebook import grey_level_codebook
from molmoact.tiny.tokenizer import IMAGE_TOKENS
from molmoact.tiny.writing import Parts, write_checkpoint

VisionVariant = Literal["published", "keypoints"]

_WIDTH, _INNER, _LAYERS, _HEADS = 96, 256, 4, 3
_TRUNK = 48
_SPREAD = 0.05
"""Deviation of the first weights: about one over the root of what each layer adds up."""

_PATCH: dict[VisionVariant, int] = {"published": 7, "keypoints": 14}
"""Pixels of a patch. A transformer finds nothing smaller than a patch, so its patches are as small as a block is seen;
the keypoints' convolutions see pixels, and 16 windows a grid are places enough."""

_VIT: dict[VisionVariant, dict[str, Any]] = {
    "published": {"hidden_size": 96, "intermediate_size": 256, "num_hidden_layers": 4},
    "keypoints": {"hidden_size": _TRUNK, "intermediate_size": _TRUNK, "num_hidden_layers": 3},
}
_VIT_HEADS = 4


def nano_profile() -> CheckpointProfile:
    """Conventions of the simulated cell with one arm."""
    return tiny_profile().model_copy(update={"name": "nano"})


def make_nano_checkpoint(
    folder: Path, vision: VisionVariant = "keypoints", seed: int = 0, codebook: Path | None = None
) -> None:
    """Write an untrained nano checkpoint in the published layout; it has no statistics, they come with the rows.

    Args:
        folder: made if absent; must not hold a checkpoint.
        vision: how pictures become tokens (see `MolmoActConfig`).
        seed: of the weights.
        codebook: depth network, such as `molmoact vqvae train` writes; None: grey levels.

    Raises:
        CheckpointError: the folder holds a checkpoint already or cannot be written, or the codebook cannot be read.
    """
    network = DepthCodebook.load(codebook).network if codebook else grey_level_codebook()
    tokenizer = nano_tokenizer()
    parts = Parts(_config(vision, tokenizer), _processor(vision, tokenizer), network, nano_profile())
    write_checkpoint(folder, parts, seed)


def _config(vision: VisionVariant, tokenizer: PreTrainedTokenizerFast) -> MolmoActConfig:
    width = _VIT[vision]["hidden_size"]
    heads = {"num_attention_heads": _VIT_HEADS, "num_key_value_heads": _VIT_HEADS, "head_dim": width // _VIT_HEADS}
    patch = _PATCH[vision]
    return MolmoActConfig(
        vision_variant=vision,
        vit_config={
            **_VIT[vision],
            **heads,
            "image_default_input_size": [SIDE, SIDE],
            "image_patch_size": patch,
            "image_num_pos": (SIDE // patch) ** 2,
        },
        adapter_config={
            **heads,
            "vit_layers": [-1, -3],
            "hidden_size": width,
            "intermediate_size": 2 * _WIDTH,
            "text_hidden_size": _WIDTH,
        },
        llm_config={
            "hidden_size": _WIDTH,
            "intermediate_size": _INNER,
            "num_hidden_layers": _LAYERS,
            "num_attention_heads": _HEADS,
            "num_key_value_heads": _HEADS,
            "head_dim": _WIDTH // _HEADS,
            "vocab_size": tokenizer.convert_tokens_to_ids(IMAGE_TOKENS[0]),
            "additional_vocab_size": len(IMAGE_TOKENS),
            "max_position_embeddings": 1024,
            "rope_theta": 1e4,
        },
        image_patch_id=tokenizer.convert_tokens_to_ids("<im_patch>"),
        initializer_range=_SPREAD,
    )


def _processor(vision: VisionVariant, tokenizer: PreTrainedTokenizerFast) -> MolmoActProcessor:
    patch = _PATCH[vision]
    margin = SIDE // patch // 8
    images = MolmoActImageProcessor(
        base_image_input_size=[SIDE, SIDE], image_patch_size=patch, overlap_margins=[margin, margin]
    )
    return MolmoActProcessor(images, tokenizer)
