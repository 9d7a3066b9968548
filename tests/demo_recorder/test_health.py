from functools import partial

import numpy as np
import pytest
from molmoact_ros.msg import ArmState
from rclpy.serialization import serialize_message

from demo_recorder.contract import RecordingContract
from demo_recorder.health import Counted, HealthMonitor
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.stamps import to_time

SECOND = 1_000_000_000
VIEW, ARM = "/camera/front/color/image_raw", "/arm/arm/state"


def monitor(*, min_rate: float = 0, optional: bool = False, **rules: object) -> HealthMonitor:
    topics = [
        {"topic": VIEW, "type": "sensor_msgs/msg/Image", "qos": "image", "min_rate": min_rate, "optional": optional},
        {"topic": ARM, "type": "molmoact_ros/msg/ArmState", "qos": "state"},
    ]
    return HealthMonitor(
        RecordingContract.model_validate({"name": "test", "topics": topics, "health": {"window": 1.0, **rules}})
    )


def counted(view: int, arm: int = 1, free_bytes: int = 2**50, **more) -> Counted:
    return Counted({VIEW: view, ARM: arm}, more.get("dropped", {}), more.get("refused", {}), free_bytes)


def picture(stamp_ns: int, value: int = 0) -> bytes:
    return serialize_message(image_to_message(np.full((8, 8, 3), value, np.uint8), "rgb8", stamp_ns, "optical"))


def state(stamp_ns: int) -> bytes:
    message = ArmState(arm="arm")
    message.header.stamp = to_time(stamp_ns)
    return serialize_message(message)


def test_all_heard_and_nothing_lost_is_good():
    health = monitor().report(SECOND, counted(3))
    assert (health.warnings, health.ending) == ((), "")


def test_rate_is_taken_over_the_window():
    judge = monitor()
    for second, written in enumerate([0, 10, 25, 55]):
        health = judge.report(second * SECOND, counted(written))
    assert health.rates[VIEW] == pytest.approx(30)


def test_clock_that_stands_changes_no_rate_and_is_no_fault():
    judge = monitor(min_rate=10, rate="end")
    judge.report(SECOND, counted(0))
    judge.report(2 * SECOND, counted(15))
    for _ in range(5):
        health = judge.report(2 * SECOND, counted(15))
    assert (health.rates[VIEW], health.ending) == (15, "")


def test_clock_set_back_starts_the_rates_afresh():
    judge = monitor(min_rate=10, rate="end")
    judge.report(9 * SECOND, counted(100))
    assert judge.report(SECOND, counted(110)).ending == ""
    assert judge.report(2 * SECOND, counted(130)).rates[VIEW] == 20


def test_silent_topic_is_named_unless_it_is_optional():
    assert monitor().report(SECOND, counted(0)).warnings == (f"nothing yet on {VIEW}",)
    assert monitor(optional=True).report(SECOND, counted(0)).warnings == ()


def test_refusals_are_told():
    health = monitor().report(SECOND, counted(1, refused={VIEW: "no image"}))
    assert health.warnings == (f"{VIEW}: no image",)


def slow(judge):
    judge.report(SECOND, counted(10))
    return judge.report(2 * SECOND, counted(14))


def dropping(judge):
    return judge.report(SECOND, counted(10, dropped={VIEW: 2}))


def gap(judge):
    for number in (5, 6, 9):
        judge.seen(VIEW, SECOND, picture(SECOND), number)
    return judge.report(SECOND, counted(3))


def frozen(judge):
    for moment in range(1, 5):
        judge.seen(VIEW, moment * SECOND, picture(moment * SECOND))
    return judge.report(4 * SECOND, counted(4))


def two_clocks(judge):
    judge.seen(ARM, 100 * SECOND, state(100 * SECOND))
    judge.seen(VIEW, 100 * SECOND, picture(40 * SECOND))
    return judge.report(100 * SECOND, counted(4))


def little_space(judge):
    return judge.report(SECOND, counted(4, free_bytes=2**20))


BREAKS = [
    ("rate", slow, "4.0 Hz, at least 10 are required"),
    ("drops", dropping, "2 messages lost"),
    ("drops", gap, "2 messages lost"),
    ("frozen", frozen, "one picture for 3.0 s"),
    ("skew", two_clocks, f"{VIEW} are 60.00 s older than those of {ARM}"),
    ("disk", little_space, "1 MiB left"),
]


@pytest.mark.parametrize(("rule", "break_it", "said"), BREAKS)
def test_broken_rule_does_what_the_contract_says(rule, break_it, said):
    judged = partial(monitor, min_rate=10)
    off = dict.fromkeys(("rate", "drops", "frozen", "skew", "disk"), "off")
    silent = break_it(judged(**off))
    assert (silent.warnings, silent.ending) == ((), "")
    warned = break_it(judged(**{**off, rule: "warn"}))
    assert (len(warned.warnings), warned.ending) == (1, "")
    assert said in warned.warnings[0]
    assert said in break_it(judged(**{**off, rule: "end"})).ending


def test_view_that_changes_is_not_frozen():
    judge = monitor(frozen="end")
    for moment in range(1, 5):
        judge.seen(VIEW, moment * SECOND, picture(moment * SECOND, value=moment))
    assert judge.report(4 * SECOND, counted(4)).ending == ""


def test_restarted_publisher_is_no_loss():
    judge = monitor()
    for number in (41, 42, 1, 2):
        judge.seen(VIEW, SECOND, picture(SECOND), number)
    assert judge.report(SECOND, counted(4)).lost[VIEW] == 0
