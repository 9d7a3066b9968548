"""Recorded training vectors, and small sets of training rows."""

import io
import json
from pathlib import Path

import datasets
import numpy as np
import torch
import yaml
from PIL import Image

from molmoact.processing import MolmoActProcessor
from molmoact.protocol.prompts import PromptStyle, question
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact.traces import draw_for_training
from molmoact.training.examples import Example, make_example
from molmoact.training.parallel import Processes
from support.golden import make_processor, read_json

ALONE = Processes(rank=0, world=1, device=torch.device("cpu"))
"""The only process of a run."""
TRAINED = ("qwen_siglip_a", "olmo_clip_a")
COLLATED = ("reason_two_images", "traj_two_images", "reason_one_image_list")
"""Examples of the recorded batch, in its order."""

_SHORT = {
    "multi_annotation": (
        "B",
        [("the task", "open the drawer"), ("how many plates", "two"), ("where is the cup", "there")],
    ),
    "weighted": ("A", [("pick coke can", "the box")]),
}


def golden_processor(golden_dir: Path, folder: Path, model: str) -> MolmoActProcessor:
    """The small tokenizer with the image settings of a recorded model."""
    make_processor(golden_dir, folder, "7bd_siglip378")
    path = folder / "preprocessor_config.json"
    meta = read_json(golden_dir / "models" / model / "meta.json")
    path.write_text(json.dumps(read_json(path) | meta["image_processor"]))
    return MolmoActProcessor.from_pretrained(folder)


def golden_example(golden_dir: Path, processor: MolmoActProcessor, model: str, case: str) -> Example:
    """One recorded example, made again from its pictures and texts."""
    names, dialogue, drawn = _recipe(read_json(golden_dir / "train" / "formats.json"), case)
    folder = golden_dir / "models" / model
    images = [np.asarray(Image.open(folder / f"img_{name}.png").convert("RGB")) for name in names]
    images[0] = draw_for_training(images[0], drawn)
    alone = len(images) == 1
    crops = processor.image_processor.prepare(images, alone=alone)
    weight = 0.25 if case == "weighted" else 1.0
    return make_example(processor, dialogue, crops, alone=alone, longest=768, weight=weight)


def _recipe(formats, case: str):
    if case in _SHORT:
        return *_SHORT[case], []
    kind = formats["trajectory_conditioned" if case == "traj_two_images" else "reasoning"]
    drawn = [json.loads(kind["annotation"])] if kind["annotation"] else []
    return "A" if case == "reason_one_image_list" else "AB", [(kind["question"], kind["answer"])], drawn


def training_name(name: str) -> str:
    """A parameter's name in the published training code."""
    if name == "lm_head.weight":
        return "transformer.ff_out.weight"
    return name.removeprefix("model.").replace(".self_attn.", ".").replace(".mlp.", ".")


def write_rows(folder: Path, count: int, seed: int = 0, *, side: int = 112, name: str = "blocks") -> Path:
    """A row set of two views: every other row reasons, the others have a trace drawn on."""
    random = np.random.default_rng(seed)
    records = [_record(random, index, side) for index in range(count)]
    columns = {key: [record[key] for record in records] for key in records[0]}
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "wrist_image": datasets.Image(),
            "conversations": [{"from": datasets.Value("string"), "value": datasets.Value("string")}],
            "annotation": datasets.Value("string"),
        }
    )
    folder.mkdir(parents=True)
    datasets.Dataset.from_dict(columns, features=features).to_parquet(str(folder / "rows-00000.parquet"))
    (folder / "dataset_statistics.json").write_text(
        json.dumps({name: {"action": _statistics(), "num_transitions": count}})
    )
    return folder


def _record(random: np.random.Generator, index: int, side: int):
    task = ("pick up the red block", "put the green block into the tray")[index % 2]
    trace = tuple((int(x), int(y)) for x, y in random.integers(0, 256, (5, 2)))
    steered = bool(index % 2)
    style = PromptStyle.STEERING_MULTI_VIEW if steered else PromptStyle.MULTI_VIEW
    answer = write_answer(
        Wording.STEERED if steered else Wording.MULTI_VIEW,
        ActionSymbols.printed(),
        random.integers(0, 256, (8, 7)),
        depth=tuple(random.integers(0, 128, 100).tolist()),
        traces=(trace,),
    )
    return {
        "image": _png(random, side),
        "wrist_image": _png(random, side),
        "conversations": [{"from": "human", "value": question(style, task)}, {"from": "gpt", "value": answer}],
        "annotation": str([list(point) for point in trace]) if steered else None,
    }


def _png(random: np.random.Generator, side: int):
    stream = io.BytesIO()
    coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    coarse.resize((side, side), Image.Resampling.NEAREST).save(stream, format="PNG")
    return {"bytes": stream.getvalue(), "path": None}


def _statistics():
    return {"q01": [-0.01] * 6 + [0.0], "q99": [0.01] * 6 + [1.0], "mask": [True] * 6 + [False]}


def write_recipe(path: Path, **changes) -> Path:
    """A recipe for the small checkpoint and `write_rows`: two rows a step, one at a time."""
    content = {
        "mixture": [{"rows": "cell", "rate": 1.0}],
        "steps": 4,
        "batch": 2,
        "micro_batch": 1,
        "optimisation": {"rates": {"llm": 3e-3, "connector": 3e-3, "vision": 3e-3}, "warm_up": 2},
        "precision": "float32",
        "workers": 0,
        "save_every": 2,
    }
    path.write_text(yaml.safe_dump(content | changes))
    return path


class Notes:
    """Watches a run: its losses, and which steps were saved."""

    def __init__(self) -> None:
        self.reports = []
        self.saves = []

    @property
    def losses(self):
        return [report.loss for report in self.reports]

    def step_done(self, report) -> None:
        self.reports.append(report)

    def saved(self, step) -> None:
        self.saves.append(step)
