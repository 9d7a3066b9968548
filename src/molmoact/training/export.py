"""From what a run wrote to a checkpoint of the published format: adapters merged, shards joined, statistics put in."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
import yaml

from molmoact.checkpoint import verify_checkpoint
from molmoact.depth.codebook import CODEBOOK_FILES
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import PROFILE_FILE
from molmoact.training.errors import TrainingError
from molmoact.training.lora import ADAPTER_CONFIG, merged
from molmoact.training.loss import AnswerLoss
from molmoact.training.plan import RUN_FILE
from molmoact.training.store import ADAPTER, newest, read_weights
from molmoact_common.errors import CheckpointError

Dtype = Literal["float32", "bfloat16"]


def export(
    run: Path, out: Path, *, step: int | None = None, base: Path | None = None, dtype: Dtype = "float32"
) -> Path:
    """Write a run's model as a checkpoint of the published format.

    Args:
        run: folder of the run.
        out: folder to write; must not hold a checkpoint.
        step: of which checkpoint; None: the newest.
        base: what the run began with, where it has moved since.
        dtype: of the weights.

    Returns:
        The checkpoint of the run that was taken.

    Raises:
        TrainingError: there is no such run or checkpoint in it.
        CheckpointError: the base is absent, or `out` cannot be written.
    """
    described, saved = _run(run), _saved(run, step)
    source = base or Path(described["base"])
    model = _load(source)
    if (saved / ADAPTER).is_dir():
        model = merged(model, saved / ADAPTER)
    else:
        read_weights(saved, AnswerLoss(model))
    write_checkpoint(model, source, out, dtype, norm_stats=described["norm_stats"], profile=described["profile"])
    return saved


def merge(adapter: Path, base: Path, out: Path, *, dtype: Dtype = "float32") -> None:
    """Write a base with an adapter in peft's format added to its weights.

    Statistics and profile stay those of the base, as an adapter folder brings none; `export` puts in those of a run.

    Args:
        adapter: its folder.
        base: the checkpoint that it was trained on.
        out: folder to write; must not hold a checkpoint.
        dtype: of the weights.

    Raises:
        CheckpointError: no adapter, no base, they do not fit, or `out` cannot be written.
    """
    if not (adapter / ADAPTER_CONFIG).is_file():
        raise CheckpointError(f"{adapter} has no {ADAPTER_CONFIG}; name a folder that peft wrote")
    model = _load(base)
    try:
        model = merged(model, adapter)
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{adapter} does not fit {base} ({reason}); name the base of its training") from error
    write_checkpoint(model, base, out, dtype)


def write_checkpoint(
    model: MolmoActForActionReasoning,
    base: Path,
    out: Path,
    dtype: Dtype,
    *,
    norm_stats: Mapping[str, Any] | None = None,
    profile: Mapping[str, Any] | None = None,
) -> None:
    """Write a model with the processor and codebook of its base; whole, or not at all.

    Args:
        model: whose weights are written; its type is changed to `dtype`.
        base: brings everything but the weights.
        out: folder to write.
        dtype: of the weights.
        norm_stats: None: the base's.
        profile: None: the base's, if it has one.

    Raises:
        CheckpointError: `out` holds something, or cannot be written.
    """
    if out.exists() and any(out.iterdir()):
        raise CheckpointError(f"{out} holds something already; remove it or name another folder")
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    if norm_stats is not None:
        model.config.norm_stats = dict(norm_stats)
    try:
        draft.mkdir(parents=True)
        model.to(getattr(torch, dtype)).save_pretrained(draft)
        MolmoActProcessor.from_pretrained(base).save_pretrained(draft)
        for name in (PROFILE_FILE, *CODEBOOK_FILES):
            if (base / name).is_file():
                shutil.copyfile(base / name, draft / name)
        if profile is not None:
            (draft / PROFILE_FILE).write_text(yaml.safe_dump(dict(profile), sort_keys=False), encoding="utf-8")
        if out.exists():
            out.rmdir()
        draft.rename(out)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise CheckpointError(f"cannot write {out}: {error.strerror}; make room or name another folder") from error


def _load(base: Path) -> MolmoActForActionReasoning:
    verify_checkpoint(base, None)
    model: MolmoActForActionReasoning = MolmoActForActionReasoning.from_pretrained(base, dtype=torch.float32)
    return model


def _run(run: Path) -> dict[str, Any]:
    path = run / RUN_FILE
    if not path.is_file():
        raise TrainingError(f"{run} is no run: it has no {RUN_FILE}; name the folder that molmoact train wrote")
    described: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return described


def _saved(run: Path, step: int | None) -> Path:
    saved = newest(run) if step is None else run / f"step-{step:08d}"
    if saved is None or not saved.is_dir():
        raise TrainingError(f"{run} has no checkpoint{'' if step is None else f' of step {step}'}; train first")
    return saved
