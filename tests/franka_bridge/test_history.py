"""What was commanded when."""

from franka_bridge.history import LENGTH, History


def test_finds_the_targets_of_a_step_and_forgets_the_oldest():
    history = History()
    history.restart({})
    steps = [{"step": number} for number in range(1, LENGTH + 10)]
    for targets in steps:
        history.record(targets)  # type: ignore[arg-type]  anything will do as targets
    assert history.step == LENGTH + 9
    assert history.at(LENGTH + 9) is steps[-1]
    assert history.at(9) is None
    assert history.at(LENGTH + 10) is None


def test_restart_keeps_the_counter_and_forgets_the_past():
    history = History()
    history.restart({})
    history.record({})
    here: dict[str, object] = {}
    history.restart(here)  # type: ignore[arg-type]  as above
    assert history.step == 1
    assert history.at(1) is here
    assert history.at(0) is None
