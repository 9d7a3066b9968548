"""What an operator can do to a bridge: take over, let go of the dead-man switch, slow it down, send both arms home."""

import math
import threading
from collections.abc import Iterator

import pytest

from franka_bridge.authority import Source
from franka_bridge.errors import DriverError, RefusedError
from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.two_arms import Driven

PATIENCE = 10.0
"""Seconds after which a test that waits for another thread gives up."""


@pytest.fixture
def driven() -> Iterator[Driven]:
    made = Driven()
    yield made
    made.bridge.close()


@pytest.fixture
def guarded() -> Iterator[Driven]:
    """As `driven`, where the policy needs somebody at the dead-man switch."""
    made = Driven(presence="required")
    yield made
    made.bridge.close()


def last(driven: Driven) -> tuple[Status, str]:
    report = driven.bridge.take_reports()[-1]
    return report.status, report.reason


def test_an_operators_chunk_replaces_the_policys_at_once_and_keeps_it_out(driven: Driven):
    driven.send()
    driven.tick(5)
    driven.send(source=Source.OPERATOR)
    reports = [(report.source, report.status) for report in driven.bridge.take_reports()]
    assert reports == [
        (Source.POLICY, Status.ACCEPTED),
        (Source.POLICY, Status.REPLACED),
        (Source.OPERATOR, Status.ACCEPTED),
    ]
    driven.tick(50)
    driven.send(sequence=2)
    assert last(driven) == (Status.REFUSED, "operator: has control")
    driven.tick(1)
    driven.send(sequence=3)
    assert last(driven)[0] is Status.ACCEPTED


def test_an_operator_goes_through_the_same_modes(driven: Driven):
    driven.bridge.stop("a test")
    driven.send(source=Source.OPERATOR)
    assert last(driven) == (Status.REFUSED, "mode: the bridge is stopped")


def test_without_somebody_at_the_switch_no_chunk_of_the_policy_enters(guarded: Driven):
    guarded.send()
    assert last(guarded)[1].startswith("presence: no dead-man switch was held for 300 ms")
    guarded.bridge.on_presence(held=True, now_ns=guarded.now)
    guarded.send()
    assert last(guarded)[0] is Status.ACCEPTED


@pytest.mark.parametrize("how", ["let go", "silent"])
def test_a_switch_let_go_or_silent_halts_both_arms_and_holds(guarded: Driven, how: str):
    guarded.bridge.on_presence(held=True, now_ns=guarded.now)
    guarded.send()
    guarded.tick(30)
    assert guarded.bridge.mode is Mode.RUNNING
    if how == "let go":
        guarded.bridge.on_presence(held=False, now_ns=guarded.now)
    guarded.tick(1)
    assert guarded.bridge.mode is Mode.HOLDING
    assert guarded.bridge.reason.startswith("presence: ")
    assert last(guarded)[0] is Status.DISCARDED
    assert (guarded.left.halts, guarded.right.halts) == (1, 1)


def test_an_operators_own_chunk_needs_no_second_switch(guarded: Driven):
    guarded.send(source=Source.OPERATOR)
    guarded.tick(90)
    assert last(guarded)[0] is Status.FINISHED


@pytest.mark.parametrize("value", [0.0, 0.049, 1.01, -1.0, math.nan, math.inf])
def test_a_speed_factor_that_is_none_is_refused_in_one_line(driven: Driven, value: float):
    with pytest.raises(RefusedError, match=r"give one from 0\.05 to 1$"):
        driven.bridge.set_speed_factor(value)
    assert driven.bridge.diagnostics()["speed_factor"] == "1"


def test_a_speed_factor_is_told_and_stretches_time(driven: Driven):
    assert driven.bridge.set_speed_factor(0.5) == "speed factor 0.5 from the next step on"
    assert driven.bridge.diagnostics()["speed_factor"] == "0.5"
    driven.send()
    driven.tick(90)
    assert driven.bridge.mode is Mode.RUNNING
    driven.tick(80)
    assert last(driven)[0] is Status.FINISHED


def test_both_arms_go_home_at_the_same_time(driven: Driven, monkeypatch: pytest.MonkeyPatch):
    together = threading.Barrier(2, timeout=PATIENCE)
    for arm in (driven.left, driven.right):
        monkeypatch.setattr(arm, "home", together.wait)
    assert driven.bridge.home(driven.now) == "at home"
    assert driven.bridge.mode is Mode.IDLE


def test_an_arm_that_fails_on_its_way_home_stops_the_other(driven: Driven, monkeypatch: pytest.MonkeyPatch):
    stopped = threading.Event()

    def until_stopped() -> None:
        assert stopped.wait(PATIENCE)
        raise DriverError("stopped on the way home")

    monkeypatch.setattr(driven.right, "home", until_stopped)
    monkeypatch.setattr(driven.right, "stop", stopped.set)
    driven.left.broken["home"] = DriverError("it broke")
    with pytest.raises(DriverError, match="left: it broke; right: stopped on the way home"):
        driven.bridge.home(driven.now)
    assert driven.bridge.mode is Mode.STOPPED
