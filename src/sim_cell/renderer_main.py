"""Executable `cell_renderer`: turns the world's snapshots into the cameras' frame files until the cell ends."""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from molmoact_common.errors import UserError
from sim_cell.cell_files import CellFiles
from sim_cell.frames import FrameWriter, frames_path
from sim_cell.settings import SceneSettings
from sim_cell.shared import Control, Snapshot, SnapshotRing, attach
from sim_cell.signals import exit_on_signals
from sim_cell.throttle import frame_number, frame_tick

if TYPE_CHECKING:
    from sim_cell.renderer import CellRenderer, View

NICE = 10
"""Yields to the bridge and the world; in lock-step the world waits for the pictures."""

POLL = 0.002
ATTACH_TIMEOUT = 30.0


def main(arguments: list[str] | None = None) -> int:
    """Run; the exit code is 0 at the end of the cell and 2 after a mistake that one line on stderr explains."""
    parser = argparse.ArgumentParser(description="Draws the views of the simulated cell's cameras.")
    parser.add_argument("--cell-dir", type=Path, required=True, help="scratch directory of the running cell_world")
    options = parser.parse_known_args(arguments)[0]
    exit_on_signals()
    os.environ.setdefault("MUJOCO_GL", "egl")
    os.nice(max(0, NICE - os.nice(0)))
    try:
        return _run(options.cell_dir)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _run(cell_dir: Path) -> int:
    # MuJoCo chooses its GL library while it is imported, so that has to come after MUJOCO_GL is set.
    from sim_cell.render_model import cache_directory  # noqa: PLC0415
    from sim_cell.renderer import CellRenderer  # noqa: PLC0415

    control, ring = attach(cell_dir, ATTACH_TIMEOUT)
    scene = CellFiles(cell_dir).scene
    renderer = CellRenderer(scene, cache_directory())
    writers = {name: _writer(cell_dir, scene, name) for name in scene.cameras}
    try:
        _loop(control, ring, renderer, writers, min(camera.rate for camera in scene.cameras.values()))
    finally:
        control.put(rendered_tick=-1)
        for writer in writers.values():
            writer.close()
        renderer.close()
    return 0


def _writer(cell_dir: Path, scene: SceneSettings, name: str) -> FrameWriter:
    camera = scene.cameras[name]
    return FrameWriter(frames_path(cell_dir, name), camera.width, camera.height, camera.intrinsics, depth=camera.depth)


def _loop(
    control: Control,
    ring: SnapshotRing,
    renderer: "CellRenderer",
    writers: Mapping[str, FrameWriter],
    rate: float,
) -> None:
    """Draw every due picture; where the world did not wait (real time), the newest one."""
    while not control.stop:
        snapshot = next_snapshot(ring, control.rendered_tick, rate)
        if snapshot is None:
            time.sleep(POLL)
            continue
        _publish(renderer.render(snapshot.qpos), writers, snapshot.tick)
        control.put(rendered_tick=snapshot.tick)


def next_snapshot(ring: SnapshotRing, rendered_tick: int, rate: float) -> Snapshot | None:
    """The snapshot of the newest picture that is due, if that is newer than `rendered_tick`."""
    newest = ring.newest()
    if newest is None:
        return None
    due = frame_tick(frame_number(newest.tick, rate), rate)
    return ring.exactly(due) if due > rendered_tick else None


def _publish(views: Mapping[str, "View"], writers: Mapping[str, FrameWriter], tick: int) -> None:
    for name, view in views.items():
        writers[name].write(view.rgb, view.depth, tick)


if __name__ == "__main__":
    sys.exit(main())
