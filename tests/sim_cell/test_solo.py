"""The expert through the real client, libfranka's protocol and the physics, without ROS."""

import pytest

from support.solo_cell import Arm, running_world, solve

HOST = "127.0.64.1"

pytestmark = [pytest.mark.slow, pytest.mark.robot, pytest.mark.timeout(300)]


def test_the_expert_puts_the_named_block_into_the_tray(tmp_path):
    with running_world(tmp_path, HOST) as cell, Arm(HOST, list(cell.files.scene.arms["arm"].home)) as arm:
        for seed in (0, 1):
            result, steps = solve(cell, arm, "put_block_in_tray", seed)
            assert result.success, (seed, result)
            assert steps < 300
