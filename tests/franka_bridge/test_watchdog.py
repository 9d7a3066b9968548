"""The watchdog counts the robot's time, and halts every arm."""

from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.errors import DriverLostError
from franka_bridge.watchdog import Watchdog, WatchdogThread


class Arm:
    """Stands for a driver: a counter and the halts that it got."""

    def __init__(self, ms: int | None) -> None:
        self.ms = ms
        self.halts = 0

    def moving_ms(self) -> int | None:
        return self.ms

    def halt(self) -> None:
        self.halts += 1


class LostArm(Arm):
    def moving_ms(self) -> int | None:
        raise DriverLostError("gone")

    def halt(self) -> None:
        raise DriverLostError("gone")


@given(beat=st.integers(0, 10**9), silence=st.integers(-1000, 1000))
def test_expires_after_its_limit_of_robot_time_and_not_before(beat: int, silence: int):
    watchdog = Watchdog(0.1)
    watchdog.beat(beat)
    assert watchdog.expired(beat + silence) == (silence > 100)


def test_owes_no_beat_at_rest():
    watchdog = Watchdog(0.1)
    assert not watchdog.expired(10**6)
    watchdog.beat(1)
    watchdog.rest()
    assert not watchdog.expired(10**6)


class BrokenArm(Arm):
    def moving_ms(self) -> int | None:
        raise ZeroDivisionError("a mistake of ours")


def watched(*arms: Arm) -> WatchdogThread:
    pairs = []
    for arm in arms:
        watchdog = Watchdog(0.1)
        watchdog.beat(1000)
        pairs.append((watchdog, arm))
    return WatchdogThread(pairs)


def test_one_silent_arm_halts_both():
    silent, fine = Arm(1101), Arm(1050)
    assert watched(silent, fine).look()
    assert (silent.halts, fine.halts) == (1, 1)


def test_leaves_arms_alone_that_beat_or_rest():
    beating, resting = Arm(1100), Arm(None)
    assert not watched(beating, resting).look()
    assert (beating.halts, resting.halts) == (0, 0)


def test_a_lost_arm_halts_the_other():
    other = Arm(1001)
    assert watched(LostArm(None), other).look()
    assert other.halts == 1


def test_a_look_that_fails_is_told_and_the_thread_looks_on():
    thread = watched(BrokenArm(None))
    thread.start()
    try:
        tellings = []
        while len(tellings) < 2:  # the second tells that the thread lives; the test has a timeout
            tellings += [told for told in (thread.take_failure(),) if told]
    finally:
        thread.close()
    assert set(tellings) == {"watchdog: ZeroDivisionError: a mistake of ours"}
