"""Whether a folder is a checkpoint that this project can run, found out from its headers before a weight is read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import PreTrainedConfig

from molmoact.modeling import MolmoActConfig, MolmoActForActionReasoning
from molmoact.modeling.config import MolmoActAdapterConfig, MolmoActLlmConfig, MolmoActVitConfig
from molmoact.modeling.weights import Shape, stored_tensors
from molmoact.processing import MolmoActImageProcessor
from molmoact.protocol.statistics import choose_statistics
from molmoact_common.errors import CheckpointError

CONFIG_FILE = "config.json"
IMAGE_FILE = "preprocessor_config.json"
PROCESSOR_FILE = "processor_config.json"
TOKENIZER_FILE = "tokenizer.json"
DEPTH_TOKENS = ("<DEPTH_START>", "<DEPTH_END>", *(f"<DEPTH_{code}>" for code in range(128)))
IMAGE_TOKENS = ("<im_start>", "<im_end>", "<im_patch>", "<im_col>")
PARTS = {"vit_config": MolmoActVitConfig, "adapter_config": MolmoActAdapterConfig, "llm_config": MolmoActLlmConfig}


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A folder whose headers are all right.

    Attributes:
        folder: where it lies.
        config: its config.json.
        parameters: how many numbers the model holds.
    """

    folder: Path
    config: MolmoActConfig
    parameters: int


def verify_checkpoint(folder: Path, statistics_key: str | None = "") -> VerifiedCheckpoint:
    """Check everything that can be checked without reading weights: a fraction of a second at full size.

    Args:
        folder: in the published layout.
        statistics_key: of config.norm_stats; empty: the only one; None: it may have none (training brings its own).

    Raises:
        CheckpointError: one line that names what is absent or wrong.
    """
    if not folder.is_dir():
        raise CheckpointError(f"no checkpoint folder {folder}; check the path")
    config = _read_config(folder)
    if statistics_key is not None:
        choose_statistics(config.norm_stats or {}, statistics_key)
    _check_tokenizer(folder, config)
    _check_image_settings(folder, config)
    _read_json(folder / PROCESSOR_FILE)
    expected = expected_tensors(config)
    _compare(folder, expected, dict(stored_tensors(folder)))
    return VerifiedCheckpoint(folder, config, sum(torch.Size(shape).numel() for shape in expected.values()))


def expected_tensors(config: MolmoActConfig) -> dict[str, Shape]:
    """Names and shapes of the tensors that a model of these sizes holds."""
    with torch.device("meta"):
        model = MolmoActForActionReasoning(config)
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"{path} is absent; copy the whole checkpoint folder")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is not valid JSON ({error}); copy it again") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} must hold a JSON object")
    return content


def _read_config(folder: Path) -> MolmoActConfig:
    path = folder / CONFIG_FILE
    content = _read_json(path)
    if content.get("model_type") != MolmoActConfig.model_type:
        raise CheckpointError(f"{path} is of model type {content.get('model_type')!r}; a MolmoAct checkpoint is needed")
    for part, schema in PARTS.items():
        _check_fields(path, part, content.get(part), schema)
    try:
        config = MolmoActConfig.from_dict(content)
    except (StrictDataclassError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {' '.join(str(error).split())}; copy it again") from error
    if config.tie_word_embeddings:
        raise CheckpointError(f"{path}: tie_word_embeddings is true; store lm_head.weight and set it to false")
    return config


def _check_fields(path: Path, part: str, content: object, schema: type[PreTrainedConfig]) -> None:
    """Refuse a part that leaves a size or switch to a default, which may be that of the other family."""
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{path} has no {part}; copy it again")
    inherited = {field.name for field in fields(PreTrainedConfig)}
    own = [field.name for field in fields(schema) if field.name not in inherited]
    for name in own:
        # null is written as nothing by some versions of transformers; all such fields have null as default
        if name not in content and getattr(schema, name, None) is not None:
            raise CheckpointError(f"{path}: {part} has no {name}; copy it again")


def _check_image_settings(folder: Path, config: MolmoActConfig) -> None:
    path = folder / IMAGE_FILE
    settings = _read_json(path)
    for name, needed in (
        ("base_image_input_size", list(config.vit.image_default_input_size)),
        ("image_patch_size", config.vit.image_patch_size),
    ):
        if settings.get(name) != needed:
            raise CheckpointError(
                f"{path}: {name} is {settings.get(name)} but config.json means {needed}; "
                "the two files are of different checkpoints"
            )
    try:
        MolmoActImageProcessor(**settings)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}; copy it again") from error


def _check_tokenizer(folder: Path, config: MolmoActConfig) -> None:
    path = folder / TOKENIZER_FILE
    added = {entry["content"]: entry["id"] for entry in _read_json(path).get("added_tokens", [])}
    for kind, tokens in (("depth", DEPTH_TOKENS), ("image", IMAGE_TOKENS)):
        absent = [token for token in tokens if token not in added]
        if absent:
            raise CheckpointError(
                f"{path} has no {kind} token {absent[0]} ({len(absent)} absent); use the checkpoint's own tokenizer"
            )
    if added["<im_patch>"] != config.image_patch_id:
        raise CheckpointError(
            f"{path}: <im_patch> is {added['<im_patch>']} but config.json says image_patch_id "
            f"{config.image_patch_id}; use the checkpoint's own tokenizer"
        )


def _compare(folder: Path, expected: Mapping[str, Shape], stored: Mapping[str, Shape]) -> None:
    missing = [name for name in expected if name not in stored]
    if missing:
        raise CheckpointError(f"{folder} has no tensor {missing[0]} ({len(missing)} missing); copy it again")
    for name, shape in expected.items():
        if stored[name] != shape:
            raise CheckpointError(
                f"{folder}: tensor {name} has shape {list(stored[name])}, config.json means {list(shape)}; "
                "config.json and weights are of different checkpoints"
            )
