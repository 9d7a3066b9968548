from demo_recorder.health import HealthMonitor
from support.synthetic_run import synthetic_contract

CONTRACT = synthetic_contract()
NAMES = [topic.name for topic in CONTRACT.topics]
SECOND = 1_000_000_000


def counts(each: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, each)


def test_all_heard_and_nothing_lost_is_good():
    health = HealthMonitor(CONTRACT).report(SECOND, counts(3), {}, {})
    assert (health.good, health.message) == (True, "recording")


def test_rate_is_taken_between_two_reports():
    monitor = HealthMonitor(CONTRACT)
    monitor.report(SECOND, counts(10), {}, {})
    health = monitor.report(3 * SECOND, counts(40), {}, {})
    assert health.values["/policy/chunk"] == "15.0 Hz, 40 written, 0 dropped"


def test_clock_that_stands_gives_no_rate():
    monitor = HealthMonitor(CONTRACT)
    monitor.report(SECOND, counts(10), {}, {})
    assert monitor.report(SECOND, counts(12), {}, {}).values["/policy/chunk"].startswith("0.0 Hz")


def test_silent_topic_is_named_unless_it_is_optional():
    silent = {**counts(1), "/cell/state": 0, "/policy/chunk": 0}
    topics = tuple(t.model_copy(update={"optional": t.name == "/cell/state"}) for t in CONTRACT.topics)
    health = HealthMonitor(CONTRACT.model_copy(update={"topics": topics})).report(SECOND, silent, {}, {})
    assert (health.good, health.message) == (False, "nothing yet on /policy/chunk")


def test_drops_and_refusals_are_told():
    health = HealthMonitor(CONTRACT).report(SECOND, counts(1), {"/policy/chunk": 2}, {"/x": "no image"})
    assert not health.good
    assert health.message == "/x: no image; 2 messages dropped"
