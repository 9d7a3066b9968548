"""What a voter sees of a pair: both rollouts moving side by side, or both first plans over what each policy saw."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo_recorder.reading import BagReader
from demo_recorder.records import ImageRecord, TextRecord
from molmoact_common.errors import UserError
from trial_runner.arena.pairs import Pair, Rollout
from trial_runner.plots.views import trace_pixels
from trial_runner.run_data import RunData, load_run
from trial_runner.seen_images import load_seen, view_topics

Picture = NDArray[np.uint8]
Of = Literal["rollouts", "traces"]

INSTRUCTION = "/policy/instruction"

FRAMES = 40
"""Of a moving picture."""

FRAME_MS = 120
WIDTH = 480
"""Pixels of each side."""

GAP, BAR = 8, 6
INK, DONE, PLAN = (31, 41, 51), (47, 158, 143), (255, 212, 59)


class UnseenError(UserError):
    """There is nothing in a recording that could be shown."""


def write_pair(pair: Pair, of: Of, target: Path) -> None:
    """Write what is shown of a pair, a WebP picture that moves where it is of rollouts; it names no policy.

    Raises:
        UserError: a recording cannot be read, or has no picture (or for traces: no plan).
    """
    frames = _rollouts(pair) if of == "rollouts" else [_beside(_planned(pair.left), _planned(pair.right))]
    first, *others = [Image.fromarray(frame) for frame in frames]
    first.save(target, format="WEBP", save_all=True, append_images=others, duration=FRAME_MS, loop=0, quality=80)


def asked(rollout: Rollout) -> str:
    """What the policy was told to do."""
    with BagReader(rollout.bag) as reader:
        records = [entry.record for entry in reader.entries([INSTRUCTION])]
        said = [record.text for record in records if isinstance(record, TextRecord)]
        return said[-1] if said else reader.info.instruction


def _rollouts(pair: Pair) -> list[Picture]:
    """Both on one time axis from what each policy saw first; the one that ends sooner stands still."""
    sides = [_film(pair.left), _film(pair.right)]
    longest = max(stamps[-1] - stamps[0] for stamps, _ in sides)
    frames = []
    for share in np.linspace(0.0, 1.0, FRAMES):
        shown = [_at(film, share * longest, longest) for film in sides]
        frames.append(_beside(*shown))
    return frames


def _film(rollout: Rollout) -> tuple[NDArray[np.int64], Sequence[ImageRecord]]:
    """Stamps (nanoseconds) and pictures of the first camera, from the first observation on."""
    run = load_run(rollout.bag)
    topics = list(view_topics(run).values())[:1]
    begun = run.stories[0].observed_ns if run.stories else 0
    with BagReader(rollout.bag) as reader:
        records = [entry.record for entry in reader.entries(topics) if isinstance(entry.record, ImageRecord)]
    records = [record for record in records if begun <= record.stamp_ns <= _ended(run)]
    if not records:
        raise UnseenError(f"{rollout.bag} has no picture of the trial; leave the experiment out")
    return np.array([record.stamp_ns for record in records]), records


def _ended(run: RunData) -> int:
    """When the last thing was made of a chunk; what comes later belongs to nobody."""
    made = [max(story.observed_ns, story.ledger.action, story.ledger.last_step_applied) for story in run.stories]
    return max(made, default=run.span_ns[1])


def _at(film: tuple[NDArray[np.int64], Sequence[ImageRecord]], since_ns: float, longest_ns: int) -> Picture:
    """The picture that was newest then, over a bar that shows how far the rollout is."""
    stamps, records = film
    index = int(np.searchsorted(stamps, stamps[0] + since_ns, side="right")) - 1
    picture = _sized(records[index].pixels())
    whole = np.full((picture.shape[0] + BAR, picture.shape[1], 3), INK, np.uint8)
    whole[BAR:] = picture
    gone = min(since_ns, stamps[-1] - stamps[0])
    whole[:BAR, : round(WIDTH * gone / max(longest_ns, 1))] = DONE
    return whole


def _planned(rollout: Rollout) -> Picture:
    """The first plan over what the policy saw then."""
    run = load_run(rollout.bag)
    planned = [story for story in run.stories if story.reasoning is not None and story.reasoning.traces][:1]
    seen = load_seen(run, planned)
    if not planned or not seen or planned[0].reasoning is None:
        raise UnseenError(f"{rollout.bag} has no trace to show; compare rollouts instead")
    picture = _sized(next(iter(next(iter(seen.values())).values())))
    for points in planned[0].reasoning.traces.values():
        pixels = trace_pixels(points, picture.shape[1], picture.shape[0]).round().astype(np.int32)
        for thickness, colour in ((7, INK), (3, PLAN)):
            cv2.polylines(picture, [pixels], isClosed=False, color=colour, thickness=thickness, lineType=cv2.LINE_AA)
        cv2.circle(picture, tuple(map(int, pixels[-1])), 6, PLAN, cv2.FILLED, cv2.LINE_AA)
    return picture


def _sized(picture: Picture) -> Picture:
    height = round(WIDTH * picture.shape[0] / picture.shape[1])
    return np.asarray(cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)


def _beside(left: Picture, right: Picture) -> Picture:
    height = max(left.shape[0], right.shape[0])
    whole = np.full((height, 2 * WIDTH + GAP, 3), 255, np.uint8)
    whole[: left.shape[0], :WIDTH] = left
    whole[: right.shape[0], WIDTH + GAP :] = right
    return whole
