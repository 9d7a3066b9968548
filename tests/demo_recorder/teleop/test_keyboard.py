import os
import pty

import pytest

from demo_recorder.teleop.devices import DeviceLostError
from demo_recorder.teleop.keyboard import Keyboard, KeyboardOptions, open_keyboard
from demo_recorder.teleop.settings import Speeds
from demo_recorder.teleop.terminal import TerminalKeys
from support.teleop_views import MS, view

VIEWS = {"arm": view()}


def readings(recorded: dict[int, str], times: list[int], hold: float = 0.12):
    """Readings at these times (ms) of keys that were pressed at those."""
    waiting = dict(recorded)
    device = Keyboard(lambda: "".join(waiting.pop(at) for at in sorted(waiting) if at <= now), lambda: None,
                      KeyboardOptions(hold=hold))  # fmt: skip
    found = []
    for now in times:
        found.append(device.read(now * MS, "arm", VIEWS))
    return found


def test_no_key_no_motion():
    (reading,) = readings({}, [0])
    assert reading.neutral
    assert not reading.held


def test_key_moves_while_it_repeats_and_for_the_hold_time_after():
    found = readings({0: "w", 100: "w", 200: "w"}, [0, 110, 220, 340, 341])
    assert [reading.translation[0] for reading in found] == [1, 1, 1, 1, 0]
    assert [reading.held for reading in found] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("key", "translation", "rotation"),
    [("w", [1, 0, 0], [0, 0, 0]), ("d", [0, -1, 0], [0, 0, 0]), ("r", [0, 0, 1], [0, 0, 0]),
     ("j", [0, 0, 0], [0, 0, 1]), ("k", [0, 0, 0], [0, -1, 0]), ("wa", [1, 1, 0], [0, 0, 0])],
)  # fmt: skip
def test_each_key_has_its_direction(key, translation, rotation):
    (reading,) = readings({0: key}, [0])
    assert (reading.translation.tolist(), reading.rotation.tolist()) == (translation, rotation)


def test_opposite_keys_are_no_motion():
    (reading,) = readings({0: "ws"}, [0])
    assert reading.neutral


def test_gripper_switch_and_speed_are_told_once():
    first, second = readings({0: "g\t++-"}, [0, 1])
    assert (first.press_gripper, first.press_switch, first.faster, first.held) == (True, True, 1, True)
    assert (second.press_gripper, second.press_switch, second.faster, second.held) == (False, False, 0, False)


def test_clutch_stays_until_it_is_pressed_again():
    found = readings({0: "c", 20: "c"}, [0, 10, 20])
    assert [reading.clutched for reading in found] == [True, True, False]


def test_terminal_gives_its_keys_without_waiting_and_is_given_back():
    controller, terminal = pty.openpty()
    with TerminalKeys(terminal) as keys:
        assert keys.read() == ""
        os.write(controller, b"wg")
        pressed = ""
        while len(pressed) < 2:
            pressed += keys.read()
        assert pressed == "wg"
    os.close(controller)
    os.close(terminal)


def test_input_that_is_no_terminal_is_a_line(tmp_path):
    with (tmp_path / "file").open("w") as file, pytest.raises(Exception, match="no terminal"):
        TerminalKeys(file.fileno())


def test_keyboard_without_a_terminal_is_a_lost_device(monkeypatch, tmp_path):
    with (tmp_path / "file").open("w+") as file:
        monkeypatch.setattr("sys.stdin", file)
        with pytest.raises(DeviceLostError, match="run this in one"):
            open_keyboard({}, Speeds(0.1, 0.5, 1 / 15), ("arm",))
