from pathlib import Path

import pytest
import torch

from molmoact.checkpoint import VerifiedCheckpoint
from molmoact.modeling import MolmoActConfig
from molmoact.placement import GIB, Machine, cache_bytes, needed_bytes, place
from molmoact_common.errors import CheckpointError
from support.golden import read_json

PLENTY = 200 * GIB


@pytest.fixture
def big(golden_dir):
    config = MolmoActConfig.from_dict(read_json(golden_dir / "checkpoint_format" / "config_expected_7B-D.json"))
    return VerifiedCheckpoint(Path("7B-D"), config, 8_119_417_808)


@pytest.fixture
def small(big):
    return VerifiedCheckpoint(Path("small"), big.config, 1_000_000)


def test_the_figure_is_weights_and_cache(big):
    # 28 layers, keys and values, 4 heads of 128, 4096 positions, 2 bytes
    assert cache_bytes(big.config, torch.bfloat16) == 28 * 2 * 4 * 128 * 4096 * 2
    assert needed_bytes(big, torch.bfloat16) == 8_119_417_808 * 2 + cache_bytes(big.config, torch.bfloat16)
    assert needed_bytes(big, torch.float32) == 2 * needed_bytes(big, torch.bfloat16)


@pytest.mark.parametrize(
    ("device", "gpu", "expected"),
    [("auto", PLENTY, "cuda"), ("cuda", PLENTY, "cuda"), ("cpu", PLENTY, "cpu"), ("cpu", None, "cpu")],
)
def test_a_big_model_goes_where_it_fits(big, device, gpu, expected):
    assert place(big, torch.bfloat16, device, Machine(main=PLENTY, gpu=gpu)).type == expected


def test_a_small_model_goes_to_the_cpu_by_itself(small):
    assert place(small, torch.float32, "auto", Machine(main=PLENTY, gpu=None)).type == "cpu"


@pytest.mark.parametrize(
    ("device", "machine", "why"),
    [
        ("auto", Machine(main=PLENTY, gpu=None), "on a GPU, and there is none; use a machine with one"),
        ("cuda", Machine(main=PLENTY, gpu=None), "on a GPU, and there is none; check the driver"),
        ("auto", Machine(main=PLENTY, gpu=12 * GIB), "12.0 GiB of GPU memory are free"),
        ("cpu", Machine(main=8 * GIB, gpu=PLENTY), "8.0 GiB of memory are free"),
    ],
)
def test_what_is_missing_is_said_with_the_figure(big, device, machine, why):
    with pytest.raises(CheckpointError, match=r"7B-D needs 15\.3 GiB \(8\.1 G parameters, torch\.bfloat16\)") as caught:
        place(big, torch.bfloat16, device, machine)
    assert why in str(caught.value)


def test_this_machine_has_memory():
    machine = Machine.probe()
    assert machine.main > 0
    assert (machine.gpu is not None) == torch.cuda.is_available()
