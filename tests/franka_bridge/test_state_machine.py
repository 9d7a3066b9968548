"""The transition table, tested whole."""

import pytest

from franka_bridge.errors import RefusedError
from franka_bridge.state_machine import TABLE, Event, Mode, StateMachine


def test_every_mode_has_its_row():
    assert set(TABLE) == set(Mode)


@pytest.mark.parametrize("mode", Mode)
def test_stop_works_in_every_mode(mode: Mode):
    assert TABLE[mode][Event.STOP] is Mode.STOPPED


def test_only_recover_leads_out_of_a_stop():
    ways_out = {event for event, mode in TABLE[Mode.STOPPED].items() if mode is not Mode.STOPPED}
    assert ways_out == {Event.RECOVER}


def test_nothing_runs_but_by_way_of_start():
    into = {(mode, event) for mode, row in TABLE.items() for event, to in row.items() if to is Mode.HOLDING}
    assert into == {(Mode.IDLE, Event.START), (Mode.RUNNING, Event.RAN_OUT)}
    running = {mode for mode, row in TABLE.items() if Mode.RUNNING in row.values()}
    assert running == {Mode.HOLDING, Mode.RUNNING}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("event", Event)
def test_the_machine_does_what_the_table_says_and_refuses_the_rest(mode: Mode, event: Event):
    machine = StateMachine()
    machine.mode = mode
    if event in TABLE[mode]:
        assert machine.apply(event, "why") is TABLE[mode][event]
        assert machine.reason == "why"
    else:
        with pytest.raises(RefusedError, match=f"not possible while {mode.name.lower()}"):
            machine.apply(event)
        assert machine.mode is mode


def test_a_refusal_says_what_to_call():
    machine = StateMachine()
    machine.mode = Mode.STOPPED
    with pytest.raises(RefusedError, match="call recover first"):
        machine.apply(Event.START)
