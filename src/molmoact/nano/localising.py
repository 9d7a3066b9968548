"""The first stage of the keypoint variant: some heat maps learn, each alone, where one named thing is seen.

The published models begin with a vision tower that others had trained on millions of pictures. This one begins with
nothing, and a language model cannot learn to read keypoints that mean nothing yet.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from molmoact.modeling.keypoints import KeypointBackbone, places
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.nano.pointing import POINT_QUESTION
from molmoact.processing.processor import MolmoActProcessor
from molmoact.training.export import write_checkpoint
from molmoact.training.rows import Row, RowSet
from molmoact_common.errors import CheckpointError

THINGS = ("red block", "green block", "blue block", "tray", "gripper")
"""What the first heat maps look for, in their order; the others stay free."""

_NEARNESS = 4.0
"""Weight of the distance beside the cross entropy of the heat map."""

_PEAK, _WARM_UP = 3e-3, 0.1
"""Learning rate, and the share of the steps in which it is reached."""

_BEFORE, _BEHIND = POINT_QUESTION.split("{thing}")
_POINT = re.compile(r"\[\[(\d+), (\d+)\]\]")
_COORDINATE = 255


@dataclass(frozen=True, slots=True)
class LocalisingSettings:
    """How long is learnt.

    Attributes:
        steps: of the optimiser.
        batch: pictures a step.
        seed: of their order.
    """

    steps: int = 600
    batch: int = 32
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Sights:
    """Pictures, and where things are seen in them.

    Attributes:
        patches: float32, shape (pictures, patches, values).
        where: float32, shape (pictures, things, 2), (x, y) in -1..1; NaN: not seen.
    """

    patches: Tensor
    where: Tensor


def learn_to_localise(
    base: Path,
    rows: Sequence[Path],
    out: Path,
    settings: LocalisingSettings,
    progress: Callable[[int, float], None] = lambda step, away: None,
) -> None:
    """Train the heat maps of a checkpoint's keypoints on pointing rows; everything else stays as it is.

    Args:
        base: a checkpoint of the keypoint variant.
        rows: folders of pointing rows.
        out: folder to write; must not hold anything.
        settings: how long.
        progress: gets each step's number, and how far off the keypoints were, in parts of the picture's side.

    Raises:
        CheckpointError: the base has no keypoints, or `out` cannot be written.
        RowsError: there are no rows.
    """
    model = MolmoActForActionReasoning.from_pretrained(base, dtype=torch.float32)
    backbone = model.model.vision_backbone
    if not isinstance(backbone, KeypointBackbone):
        raise CheckpointError(f"{base} has no keypoints to train; build it with --vision keypoints")
    sets = [RowSet(folder) for folder in rows]
    parameters = [*backbone.image_vit.parameters(), *backbone.heat.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=_PEAK, weight_decay=0.0)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, _PEAK, total_steps=settings.steps, pct_start=_WARM_UP)
    drawn = batches(sets, MolmoActProcessor.from_pretrained(base), settings.batch, settings.seed)
    for step in range(1, settings.steps + 1):
        loss, away = localising_loss(backbone, next(drawn))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        rates.step()
        progress(step, float(away))
    write_checkpoint(model, base, out, "float32")


def sights_of(rows: Sequence[Row], processor: MolmoActProcessor) -> Sights:
    """Of pointing rows, each with one picture of one tile."""
    patches = [processor.image_processor.prepare(row.images, alone=True).patches[0] for row in rows]
    return Sights(torch.from_numpy(np.stack(patches)), torch.stack([_places_in(row) for row in rows]))


def batches(sets: Sequence[RowSet], processor: MolmoActProcessor, batch: int, seed: int) -> Iterator[Sights]:
    """Batches of pointing rows, drawn from all sets alike, without end."""
    random = np.random.default_rng(seed)
    while True:
        chosen = [sets[index] for index in random.integers(len(sets), size=batch)]
        yield sights_of([each.row(int(random.integers(len(each)))) for each in chosen], processor)


def localising_loss(backbone: KeypointBackbone, sights: Sights) -> tuple[Tensor, Tensor]:
    """Loss to minimise, and the mean distance of the keypoints, in parts of the picture's side."""
    heat, mean = backbone.look(sights.patches)
    heat, mean = heat[:, : len(THINGS)], mean[:, : len(THINGS)]
    seen = ~sights.where.isnan().any(-1)
    goal = sights.where[seen]
    grid = places(heat).flatten(0, 1)
    nearest = (goal[:, None] - grid).square().sum(-1).argmin(-1)
    found = functional.cross_entropy(heat.flatten(2)[seen], nearest)
    away = (mean[seen] - goal).abs()
    return found + _NEARNESS * away.mean(), away.detach().norm(dim=-1).mean() / 2


def _places_in(row: Row) -> Tensor:
    where = torch.full((len(THINGS), 2), float("nan"))
    for asked, answered in row.dialogue:
        thing = asked.removeprefix(_BEFORE).removesuffix(_BEHIND)
        found = _POINT.search(answered)
        if thing in THINGS and found:
            where[THINGS.index(thing)] = torch.tensor([int(each) for each in found.groups()]) / _COORDINATE * 2 - 1
    return where
