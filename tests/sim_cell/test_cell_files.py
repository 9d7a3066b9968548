"""A running cell's own copies of its scene and tasks."""

import numpy as np

from sim_cell.cell_files import CellFiles, write_cell_files
from sim_cell.tasks import load_task, make_episode


def test_a_seed_means_the_same_in_the_cell_as_with_the_files_that_it_was_made_from(scene, config, tmp_path):
    write_cell_files(tmp_path, scene, config / "tasks")
    copied = CellFiles(tmp_path)
    assert copied.scene == scene
    assert list(copied.scene.blocks.colors) == list(scene.blocks.colors)
    for name in ("lift_block", "stack_block"):
        there, here = copied.episode(name, 5), make_episode(name, load_task(config / "tasks", name), scene, 5)
        assert (there.target, there.instruction) == (here.target, here.instruction)
        for block, pose in here.start.items():
            np.testing.assert_array_equal(there.start[block].position, pose.position)
