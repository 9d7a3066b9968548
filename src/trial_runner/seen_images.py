"""The images that the policy saw: of every recorded camera, the one that a reasoning says it used."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from demo_recorder.reading import BagReader
from demo_recorder.records import ImageRecord
from trial_runner.run_data import ChunkStory, RunData

COLOR = "/color/image_raw"

Seen = Mapping[str, Mapping[int, NDArray[np.uint8]]]
"""Camera -> sequence of a chunk -> image, RGB uint8 (height, width, 3)."""


def view_topics(run: RunData) -> dict[str, str]:
    """Camera -> topic of its recorded colour images; the first is the one in which traces are drawn."""
    recorded = {topic.split("/")[-3]: topic for topic, count in run.counts.items() if topic.endswith(COLOR) and count}
    order = [*run.info.cameras, "front", *sorted(recorded)]
    return {camera: recorded[camera] for camera in dict.fromkeys(order) if camera in recorded}


def load_seen(run: RunData, stories: Iterable[ChunkStory]) -> dict[str, dict[int, NDArray[np.uint8]]]:
    """What each camera showed for each of these chunks: the newest image exposed by the stamp of that view.

    A chunk before the first image of a camera has none of that camera; a camera without any image is left out.
    """
    topics, wanted = view_topics(run), list(stories)
    stamps = {topic: _stamps(wanted, run.info.cameras, camera) for camera, topic in topics.items()}
    newest: dict[str, dict[int, ImageRecord]] = {topic: {} for topic in topics.values()}
    with BagReader(run.bag) as reader:
        for topic, _, record in reader.entries(list(newest)):
            assert isinstance(record, ImageRecord)
            found = newest[topic]
            for sequence, stamp in stamps[topic].items():
                if record.stamp_ns <= stamp and (sequence not in found or record.stamp_ns > found[sequence].stamp_ns):
                    found[sequence] = record
    decoded = {camera: {s: r.pixels() for s, r in newest[topic].items()} for camera, topic in topics.items()}
    return {camera: images for camera, images in decoded.items() if images}


def _stamps(stories: Iterable[ChunkStory], cameras: tuple[str, ...], camera: str) -> dict[int, int]:
    """Sequence -> exposure (nanoseconds); a camera that the policy did not look through shows what was at that time."""
    place = cameras.index(camera) if camera in cameras else 0
    stamps = {}
    for story in stories:
        views = story.reasoning.view_stamps_ns if story.reasoning is not None else ()
        stamps[story.sequence] = views[place] if place < len(views) else story.observed_ns
    return stamps
