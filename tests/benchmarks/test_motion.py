"""Which of the measured figures stand at the top, and what the tables make of those that a driver does not have."""

from motion import TABLES, headline, sections_of

NAMES = [name for heads in TABLES.values() for name in heads]
SKEWS = ("arm_stop_skew_ms", "measured_arm_stop_skew_ms")


def figures(value: float, **changes: float | None) -> dict[str, float | None]:
    return {**dict.fromkeys(NAMES, value), **changes}


def test_the_default_driver_with_one_arm_is_told_and_of_two_arms_only_what_one_does_not_have():
    one = figures(1.0, **dict.fromkeys(SKEWS))
    results = {
        ("franky_impedance", 1): figures(5.0),
        ("franky_position", 2): figures(2.0),
        ("franky_position", 1): one,
    }
    told = headline(results)
    assert told["droop_mm"] == told["stop_ms"] == 1.0
    assert told["arm_stop_skew_ms"] == 2.0


def test_a_driver_of_torques_is_told_by_what_the_arm_did():
    absent = dict.fromkeys(("stop_ms", "dip_fraction", "arm_stop_skew_ms"))
    told = headline({("franky_impedance", 2): figures(7.0, **absent)})
    assert told["stop_ms"] == told["dip_fraction"] == told["arm_stop_skew_ms"] == 7.0


def test_every_figure_has_a_column_of_its_own():
    sections = sections_of({"position, 1": figures(1.0, stop_ms=None)})
    assert sum(len(set(section.columns)) for section in sections) == len(NAMES)
    assert [row for section in sections for row in section.rows["position, 1"]].count(None) == 1
