import os

from bench.usage import Usage, UsageLog, usage_of

MEBIBYTE = 2**20


def test_shares_are_cpu_seconds_between_first_and_last_sample_over_the_time_between():
    used = {1: iter([Usage(5.0, 10 * MEBIBYTE), Usage(6.0, 30 * MEBIBYTE), Usage(7.0, 20 * MEBIBYTE)])}
    log = UsageLog(lambda pid: next(used[pid]))
    for now in (100.0, 101.0, 108.0):
        log.sample({"world": 1}, now)
    assert log.section().rows["world"] == (25.0, 30.0)


def test_the_busiest_comes_first_and_the_sum_last():
    seconds = {1: 0.0, 2: 0.0}
    log = UsageLog(lambda pid: Usage(seconds[pid], MEBIBYTE))
    log.sample({"idle": 1, "busy": 2}, 0.0)
    seconds.update({1: 1.0, 2: 3.0})
    log.sample({"idle": 1, "busy": 2}, 10.0)
    assert list(log.section().rows.items()) == [("busy", (30.0, 1.0)), ("idle", (10.0, 1.0)), ("sum", (40.0, 2.0))]


def test_a_process_that_is_gone_keeps_what_was_seen_and_one_seen_once_has_no_share():
    there = {1: True, 2: True}
    log = UsageLog(lambda pid: Usage(1.0, MEBIBYTE) if there[pid] else None)
    log.sample({"gone": 1}, 0.0)
    log.sample({"gone": 1}, 1.0)
    there[1] = False
    log.sample({"gone": 1, "late": 2}, 2.0)
    assert list(log.section().rows) == ["gone", "sum"]


def test_usage_of_a_process_is_its_own():
    mine = usage_of(os.getpid())
    assert mine is not None
    assert mine.cpu_seconds > 0
    assert mine.resident_bytes > MEBIBYTE


def test_no_process_has_no_usage():
    assert usage_of(2**22 + 1) is None  # above the kernel's largest id
