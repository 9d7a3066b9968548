import json

import numpy as np
import pytest

from molmoact.protocol.statistics import choose_statistics
from molmoact_common.errors import CheckpointError


def entry(low=(-1.0,) * 7, high=(1.0,) * 7, **more):
    return {"action": {"q01": list(low), "q99": list(high), **more}}


def test_the_only_entry_needs_no_key():
    statistics = choose_statistics({"cell": entry()})
    assert statistics.key == "cell"
    assert statistics.dof == 7


@pytest.mark.parametrize(
    ("norm_stats", "key", "message"),
    [
        ({}, "", "no norm_stats"),
        ({"a": entry(), "b": entry()}, "", "several statistics; set statistics_key to one of: a, b"),
        ({"a": entry(), "b": entry()}, "c", "no statistics 'c'.*one of: a, b"),
        ({"a": {}}, "a", "no 'action'"),
        ({"a": {"action": {"q01": [0.0]}}}, "a", "q99 is no list"),
        ({"a": entry(low=("x",) * 7)}, "a", "q01 is no list"),
        ({"a": entry(low=(float("nan"),) * 7)}, "a", "finite"),
        ({"a": entry(low=())}, "a", "finite"),
        ({"a": entry(low=(0.0,) * 6)}, "a", "differ in length"),
        ({"a": entry(mask=[True])}, "a", "differ in length"),
        ({"a": entry(low=(2.0,) * 7)}, "a", "q99 is below q01 in dimension 0"),
    ],
)
def test_what_is_wrong_is_named(norm_stats, key, message):
    with pytest.raises(CheckpointError, match=message):
        choose_statistics(norm_stats, key)


@pytest.mark.parametrize("arms", [1, 2])
def test_no_gripper_is_ever_scaled(arms):
    statistics = choose_statistics({"a": entry((-1.0,) * 7 * arms, (1.0,) * 7 * arms, mask=[True] * 7 * arms)})
    assert np.flatnonzero(~statistics.scaled).tolist() == [6, 13][:arms]


def test_every_recorded_entry_is_read(golden_dir):
    norm_stats = json.loads((golden_dir / "action/parse.json").read_text())["norm_stats"]
    for key, recorded in norm_stats.items():
        assert choose_statistics(norm_stats, key).dof == len(recorded["action"]["q01"])
