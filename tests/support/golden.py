"""Access to the recorded vectors: hashes, model cases and checkpoint folders made of them."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from molmoact.processing import MolmoActImageProcessor
from molmoact.processing.layout import stack_padded

MODELS = ("qwen_siglip_a", "olmo_clip_a", "qwen_siglip_posinterp")
PRESETS = ("7bd_siglip378", "7bo_clip336")

# Pictures of each sample, and whether the picture was given alone and not in a list.
CASES = {
    "single_flat": (("A",), True),
    "two_images": (("AB",), False),
    "single_nested": (("C",), False),
    "text_only": ((), False),
    "batch_left_pad": (("BA", "B"), False),
}


def sha256_of(array) -> str:
    array = np.ascontiguousarray(array)
    return hashlib.sha256(str(array.dtype).encode() + str(array.shape).encode() + array.tobytes()).hexdigest()


def read_json(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


class ModelCase:
    """Inputs (tensors) and outputs (arrays) of one case of one tiny model."""

    def __init__(self, golden_dir: Path, model: str, case: str) -> None:
        folder = golden_dir / "models" / model
        self.meta = read_json(folder / "meta.json")
        hashes = self.meta["cases"][case]["sha256_inputs"]
        with np.load(folder / "cases.npz") as stored:
            arrays = {name: stored[name] for name in stored.files if name.startswith(f"{case}/")}
        self.out = {name.split("/")[2]: value for name, value in arrays.items() if "/out/" in name}
        inputs = {name.split("/")[2]: torch.from_numpy(value) for name, value in arrays.items() if "/in/" in name}
        self.inputs = _image_inputs(folder, self.meta, case) | inputs
        assert {name: sha256_of(value) for name, value in self.inputs.items()} == hashes


def _image_inputs(folder: Path, meta, case: str):
    samples, alone = CASES[case]
    if not samples:
        return {}
    processor = MolmoActImageProcessor(**meta["image_processor"])
    crops = [
        processor.prepare([Image.open(folder / f"img_{name}.png") for name in sample], alone=alone)
        for sample in samples
    ]
    return {
        "images": stack_padded([each.patches for each in crops]),
        "pooled_patches_idx": stack_padded([each.pooled for each in crops]),
        "image_masks": stack_padded([each.masks for each in crops]),
    }


def make_processor(golden_dir: Path, folder: Path, preset: str) -> Path:
    """A folder with the small tokenizer and saved processor settings."""
    saved = golden_dir / "checkpoint_format" / f"processor_saved_{preset}"
    files = [saved / name for name in ("preprocessor_config.json", "processor_config.json")]
    files += [path for path in (golden_dir / "tokenizer" / "full").iterdir() if path.name != "info.json"]
    for path in files:
        shutil.copyfile(path, folder / path.name)
    return folder


def make_checkpoint(golden_dir: Path, folder: Path, model: str = MODELS[0]) -> Path:
    """A whole checkpoint folder: a tiny model, its image settings and the small tokenizer."""
    source = golden_dir / "models" / model
    make_processor(golden_dir, folder, PRESETS[0])
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(source / name, folder / name)
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(read_json(path) | read_json(source / "meta.json")["image_processor"]))
    return folder
