"""The two trainers of one checkpoint on the same rows: this project's, and transformers' own Trainer."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from molmoact.curation.rows import Frame, Kind, RowWriter
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.processing.layout import stack_padded
from molmoact.runtime.loading import LoadedCheckpoint
from molmoact.traces import draw_for_training
from molmoact.training.batches import collate
from molmoact.training.examples import Example, make_example
from molmoact.training.feed import Share
from molmoact.training.loop import Training
from molmoact.training.loss import AnswerLoss
from molmoact.training.optimiser import make_optimiser
from molmoact.training.parallel import Processes
from molmoact.training.recipe import LearningRates, Optimisation, Recipe, RowSource
from molmoact.training.store import Trained

RATE = 1e-4
KINDS = (Kind.REASONING,) * 4 + (Kind.CONDITIONED,) * 2 + (Kind.TRACE,) * 3 + (Kind.DEPTH,)
"""Of ten rows, as in the recipe nano_pretrain."""
_NOT_LEARNT = -100


@dataclass(frozen=True, slots=True)
class Turn:
    """Some steps over all rows.

    Attributes:
        losses: of each step, nats a token.
        seconds: of the steps, on the wall.
        cpu_seconds: of this process, all threads.
    """

    losses: Sequence[float]
    seconds: float
    cpu_seconds: float


def make_examples(loaded: LoadedCheckpoint, count: int) -> list[Example]:
    """Rows of noise in the mixture of kinds that a small model is trained on, laid out once for both."""
    random = np.random.default_rng(0)
    return [_example(loaded, random, KINDS[number % len(KINDS)]) for number in range(count)]


def ours(model: MolmoActForActionReasoning, examples: Sequence[Example], share: Share, steps: int) -> Turn:
    """Steps of this project's loop; batches lie ready, as worker processes make them ahead."""
    model.train()
    recipe = _recipe(share, steps)
    module = AnswerLoss(model)
    trained = Trained(module, make_optimiser(module.named_parameters(), recipe.optimisation))
    training = Training(trained, recipe, Processes(rank=0, world=1, device=model.device))
    ordered = sorted(examples, key=len)
    size = share.micro_batch
    batches = [collate(ordered[start : start + size]) for start in range(0, len(ordered), size)]
    began, cpu_began = time.perf_counter(), time.process_time()
    losses = [training.step(number, batches).loss for number in range(1, steps + 1)]
    return Turn(losses, time.perf_counter() - began, time.process_time() - cpu_began)


def theirs(model: MolmoActForActionReasoning, examples: Sequence[Example], share: Share, steps: int) -> Turn:
    """As many steps of transformers' Trainer on the same rows, as it comes; making batches is not counted either."""
    clock = _Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=str(Path(folder)),
            per_device_train_batch_size=share.micro_batch,
            gradient_accumulation_steps=share.passes,
            max_steps=steps,
            learning_rate=RATE,
            warmup_steps=0,
            adam_beta2=0.95,
            adam_epsilon=1e-6,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            remove_unused_columns=False,
            use_cpu=model.device.type == "cpu",
        )
        rows = [_as_record(example) for example in examples]
        trainer = Trainer(model, arguments, data_collator=_collate, train_dataset=rows, callbacks=[clock])
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return Turn(losses, clock.seconds, clock.cpu_seconds)


class _Clock(TrainerCallback):  # type: ignore[misc]  # transformers has no types
    """Time between the beginning and the end of each step."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0
        self._began = (0.0, 0.0)

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began = time.perf_counter(), time.process_time()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu_seconds += time.process_time() - self._began[1]


def _recipe(share: Share, steps: int) -> Recipe:
    return Recipe(
        mixture=(RowSource(rows="noise", rate=1.0),),
        steps=steps,
        batch=share.batch,
        micro_batch=share.micro_batch,
        optimisation=Optimisation(
            rates=LearningRates(llm=RATE, connector=RATE, vision=RATE), warm_up=0, z_loss=0.0, floor=0.0
        ),
        dropout=0.0,
        precision="float32",
    )


def _example(loaded: LoadedCheckpoint, random: np.random.Generator, kind: Kind) -> Example:
    profile, arms = loaded.profile, len(loaded.profile.arms)
    traces = tuple(tuple((int(x), int(y)) for x, y in random.integers(0, 256, (5, 2))) for _ in range(arms))
    frame = Frame(
        task="put the red block into the tray",
        images=[b""] * len(profile.views),
        depth=tuple(random.integers(0, 128, 100).tolist()),
        traces=traces,
        bins=random.integers(0, 256, (profile.steps, 7 * arms)),
    )
    row = RowWriter(profile, loaded.symbols).row(kind, frame)
    assert row is not None  # the frame has everything
    asked, answered = (turn["value"] for turn in row["conversations"])
    count = 1 if kind in (Kind.TRACE, Kind.DEPTH) else len(profile.views)
    size = profile.resize
    shape = (size.height, size.width, 3) if size else (240, 320, 3)
    images = [random.integers(0, 256, shape, dtype=np.uint8) for _ in range(count)]
    images[0] = draw_for_training(images[0], traces if kind is Kind.CONDITIONED else [])
    crops = loaded.processor.image_processor.prepare(images, alone=count == 1)
    return make_example(loaded.processor, [(asked, answered)], crops, alone=count == 1, longest=4096)


def _as_record(example: Example) -> dict[str, Any]:
    """An example as the model's own forward takes it: the label of a token is that token."""
    ids = np.append(example.ids, example.targets[-1])
    learnt = np.append(False, example.weights > 0)
    return {"ids": ids, "labels": np.where(learnt, ids, _NOT_LEARNT), "crops": example.crops}


def _collate(records: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Padded to the longest of the batch, and crops as the processor stacks them."""
    longest = max(len(record["ids"]) for record in records)

    def padded(name: str, value: int) -> torch.Tensor:
        rows = [np.pad(record[name], (0, longest - len(record[name])), constant_values=value) for record in records]
        return torch.from_numpy(np.stack(rows))

    lengths = torch.tensor([len(record["ids"]) for record in records])
    return {
        "input_ids": padded("ids", 0),
        "labels": padded("labels", _NOT_LEARNT),
        "attention_mask": (torch.arange(longest) < lengths[:, None]).long(),
        "images": stack_padded([record["crops"].patches for record in records]),
        "pooled_patches_idx": stack_padded([record["crops"].pooled for record in records]),
    }
