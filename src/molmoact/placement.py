"""Where a checkpoint of some size can run, or the figure that is missing."""

from dataclasses import dataclass

import psutil
import torch

from molmoact.checkpoint import VerifiedCheckpoint
from molmoact.modeling import MolmoActConfig
from molmoact_common.errors import CheckpointError

GIB = 2**30
CPU_PARAMETERS = 1_000_000_000
"""Above this many parameters one answer takes minutes on a CPU, so that it must be asked for by name."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Free memory in bytes.

    Attributes:
        main: of the machine.
        gpu: of its first GPU; None: there is none.
    """

    main: int
    gpu: int | None

    @classmethod
    def probe(cls) -> "Machine":
        """This machine, now."""
        gpu = torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else None
        return cls(main=psutil.virtual_memory().available, gpu=gpu)


def cache_bytes(config: MolmoActConfig, dtype: torch.dtype) -> int:
    """Keys and values of the longest sequence that the language model takes."""
    llm = config.llm
    values = 2 * llm.num_hidden_layers * (llm.num_key_value_heads or llm.num_attention_heads) * llm.head_dim
    return values * llm.max_position_embeddings * dtype.itemsize


def needed_bytes(checkpoint: VerifiedCheckpoint, dtype: torch.dtype) -> int:
    """Weights and key-value cache; what a pass holds in between comes on top and is small beside them."""
    return checkpoint.parameters * dtype.itemsize + cache_bytes(checkpoint.config, dtype)


def place(checkpoint: VerifiedCheckpoint, dtype: torch.dtype, device: str, machine: Machine) -> torch.device:
    """The device to load on.

    Args:
        checkpoint: what is to be loaded.
        dtype: of the weights once loaded.
        device: "cuda", "cpu", or "auto": the GPU where there is one, else the CPU for a small model.
        machine: what is free.

    Raises:
        CheckpointError: no GPU, too little memory, or a big model on a CPU without asking for it; names the figure.
    """
    need = needed_bytes(checkpoint, dtype)
    figure = f"{checkpoint.folder} needs {need / GIB:.1f} GiB ({checkpoint.parameters / 1e9:.1f} G parameters, {dtype})"
    if device == "cpu" or (device == "auto" and machine.gpu is None):
        if device == "auto" and checkpoint.parameters > CPU_PARAMETERS:
            raise CheckpointError(f"{figure} on a GPU, and there is none; use a machine with one, or set device to cpu")
        _check_free(figure, need, machine.main, "memory")
        return torch.device("cpu")
    if machine.gpu is None:
        raise CheckpointError(f"{figure} on a GPU, and there is none; check the driver, or set device to cpu")
    _check_free(figure, need, machine.gpu, "GPU memory")
    return torch.device("cuda")


def _check_free(figure: str, need: int, free: int, kind: str) -> None:
    if need > free:
        raise CheckpointError(f"{figure}, and {free / GIB:.1f} GiB of {kind} are free; free some or use a bigger one")
