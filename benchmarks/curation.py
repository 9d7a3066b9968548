"""Measures curation: frames a second from a dataset to rows, codes a second, and what symbols lose in a replay."""

import json as json_format
import os
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # invented episodes and the cell without ROS are test code

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections
from bench.results import Section
from molmoact.curation.engine import Engine, ProcessPool, run_here
from molmoact.curation.engine_ray import RayEngine
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.curation.pipeline import curate
from molmoact.curation.rows import Kind
from molmoact.curation.settings import CurationSettings
from molmoact.depth.codebook import DepthCodebook
from molmoact.depth.vqvae import DepthVqVae
from molmoact.profile import Resize, load_profile
from support.invented_episode import demo_profile, invented_episode
from support.replaying import Replay, demonstrate, replay
from support.solo_cell import CONFIG, Arm, running_world

SIZE = (240, 320)
TASK = "put_block_in_tray"


def main(
    *,
    episodes: Annotated[int, typer.Option(min=2, help="of the dataset that is curated")] = 24,
    rows: Annotated[int, typer.Option(min=8, help="steps of an episode")] = 100,
    replays: Annotated[int, typer.Option(min=0, help="demonstrations of the cell's expert that are played again")] = 20,
    json: JsonOption = None,
) -> None:
    r"""Curate an invented dataset (two views of 320 x 240), then play demonstrations of the cell from their symbols.

    \b
    frames_per_s         rows without depth codes, at the size of the camera, as many processes as cores
    ..._one_process      the same in this process alone; ..._ray: as many tasks of Ray Data as cores
    frames_per_s_resized where every picture is brought to another size
    vqvae_frames_per_s   codes of the published size of network, as curation makes them, one process, one thread
    ..._per_cpu_s        the same a second of CPU time, which other work on the machine does not touch
    replay_success       part of the demonstrations that do the task again; replay_apart_mm: the farthest end

    \b
    Example: python benchmarks/curation.py --replays 20 --json curation.json
    """
    console = Console()
    facts = describe_machine() | {"command": " ".join(sys.argv)}
    print_header(facts, console)
    with TemporaryDirectory() as scratch, console.status("curating"):
        figures = curation_figures(Path(scratch), episodes, rows)
        figures |= codebook_rates()
    if replays:
        with TemporaryDirectory() as scratch, console.status("replaying"):
            figures |= replay_figures(replayed(Path(scratch), range(replays)))
    print_sections([Section("curation", ("value",), {name: (value,) for name, value in figures.items()})], console)
    if json is not None:
        json.write_text(json_format.dumps(figures | {"facts": facts}, indent=1) + "\n", encoding="utf-8")


def curation_figures(scratch: Path, episodes: int, rows: int) -> dict[str, float]:
    """Frames a second by one process and by several, to rows without depth codes."""
    dataset = scratch / "set"
    writer = LeRobotWriter(dataset, demo_profile())
    one = invented_episode(rows=rows, size=SIZE)
    for _ in range(episodes):
        writer.add(one)
    writer.close()
    plain = CurationSettings(depth="none", kinds=(Kind.CONDITIONED, Kind.TRACE))
    resized = plain.model_copy(update={"resize": Resize(width=256, height=256)})
    cores = os.cpu_count() or 1
    pool = ProcessPool(cores)
    figures = {
        "frames_per_cpu_s": _cpu_rate(dataset, scratch / "warm", plain),
        "frames_per_cpu_s_resized": _cpu_rate(dataset, scratch / "warm_resized", resized),
        "frames_per_s_one_process": _rate(dataset, scratch / "one", plain, run_here),
        "frames_per_s": _rate(dataset, scratch / "all", plain, pool, cores),
        "frames_per_s_resized": _rate(dataset, scratch / "resized", resized, pool, cores),
    }
    if find_spec("ray"):
        figures["frames_per_s_ray"] = _rate(dataset, scratch / "ray", plain, RayEngine(cores), cores)
    return figures


def _cpu_rate(dataset: Path, output: Path, settings: CurationSettings) -> float:
    """Frames a second of CPU, in this process."""
    frames: list[int] = []
    busy = time.process_time()
    curate(dataset, output, settings, run_here, frames.append)
    return sum(frames) / (time.process_time() - busy)


def _rate(dataset: Path, output: Path, settings: CurationSettings, engine: Engine, at_once: int = 1) -> float:
    """Frames a second from the first finished episodes on: what a process needs to start is no matter of frames."""
    done: list[tuple[float, int]] = []
    curate(dataset, output, settings, engine, lambda frames: done.append((time.perf_counter(), frames)))
    warm = done[at_once:]
    return sum(frames for _, frames in warm) / (warm[-1][0] - done[at_once - 1][0])


def codebook_rates(pictures: int = 96) -> dict[str, float]:
    """Depth pictures to codes, resizing included: a second, and a second of CPU, which a busy machine leaves alone."""
    torch.set_num_threads(1)  # as in the pool; a second thread waits for the first where other work takes its core
    codebook = DepthCodebook(DepthVqVae())
    depths = [np.random.default_rng(n).integers(0, 255, SIZE, np.uint8) for n in range(pictures)]
    codebook.codes_of(depths[:16])
    start, busy = time.perf_counter(), time.process_time()
    codebook.codes_of(depths)
    seconds, busy_seconds = time.perf_counter() - start, time.process_time() - busy
    return {"vqvae_frames_per_s": pictures / seconds, "vqvae_frames_per_cpu_s": pictures / busy_seconds}


def replayed(scratch: Path, seeds: Sequence[int]) -> list[Replay]:
    """Demonstrations of the cell's expert, through symbols and played again."""
    profile = load_profile(CONFIG / "policy/profiles/expert.yaml")
    host = "127.0.106.1"
    with running_world(scratch, host) as cell, Arm(host, list(cell.files.scene.arms["arm"].home)) as arm:
        shown = [demonstrate(cell, arm, TASK, seed) for seed in seeds]
        solved = [one for one in shown if one.success]  # what failed is refused by conversion
        return replay(cell, arm, TASK, solved, profile, no_ops=True)


def replay_figures(played: Sequence[Replay]) -> dict[str, float]:
    """Part that did the task again, and how far apart the ends are."""
    return {
        "replays": len(played),
        "replay_success": float(np.mean([one.success for one in played])),
        "replay_apart_mm": max(one.apart for one in played) * 1000,
        "replay_within_10_mm": float(np.mean([one.apart < 0.010 for one in played])),
    }


if __name__ == "__main__":
    sys.exit(run(main))
