import numpy as np

from steering_ui.standstill import ROWS, Standing, standstill


def test_no_row_moves_and_every_gripper_stays_as_it_is():
    chunk = standstill({"left": Standing(7, 0.25), "right": Standing(7, 1.0)}, 5_000_000)
    assert chunk.deltas.shape == (ROWS, 14)
    assert not chunk.deltas[:, [*range(6), *range(7, 13)]].any()
    assert np.all(chunk.deltas[:, [6, 13]] == [0.25, 1.0])
    assert (chunk.arms, chunk.command_step, chunk.observation_ns, chunk.sequence) == (
        ("left", "right"),
        7,
        5_000_000,
        5,
    )
