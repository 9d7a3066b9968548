import os

import pytest

from demo_recorder.teleop.devices import DeviceLostError
from demo_recorder.teleop.gamepad import Gamepad, GamepadOptions, open_gamepad
from demo_recorder.teleop.settings import Speeds
from molmoact_common.errors import ConfigError
from support.teleop_views import MS, reports, view

VIEWS = {"arm": view()}
SPEEDS = Speeds(0.1, 0.5, 1 / 15)


class Pad:
    """A gamepad whose kernel side is a pipe, filled with what was recorded."""

    def __init__(self) -> None:
        descriptor, self.kernel = os.pipe2(os.O_NONBLOCK)
        self.device = Gamepad(descriptor, GamepadOptions())
        self.waiting = reports("gamepad.txt")

    def read_at(self, at_ms: int):
        while self.waiting and self.waiting[0][0] <= at_ms * MS:
            os.write(self.kernel, self.waiting.pop(0)[1])
        return self.device.read(at_ms * MS, "arm", VIEWS)

    def unplug(self) -> None:
        os.close(self.kernel)


@pytest.fixture
def pad():
    pad = Pad()
    yield pad
    pad.device.close()


def test_what_the_kernel_tells_at_first_is_no_input(pad):
    reading = pad.read_at(0)
    assert reading.neutral
    assert not reading.held
    assert not reading.press_gripper


def test_stick_moves_only_while_the_dead_man_button_is_held(pad):
    found = {at: pad.read_at(at) for at in (105, 140, 160, 390, 410)}
    assert [found[at].held for at in found] == [False, False, True, True, False]
    assert found[105].translation[0] == pytest.approx((16000 / 32767 - 0.15) / 0.85)
    assert found[160].translation.tolist() == [1, 0, 0]


def test_button_is_told_once(pad):
    assert [pad.read_at(at).press_gripper for at in (290, 305, 310, 330)] == [False, True, False, False]


def test_event_that_comes_in_two_parts_is_read_whole(pad):
    event = reports("gamepad.txt")[-7][1]
    os.write(pad.kernel, event[:3])
    assert pad.device.read(0, "arm", VIEWS).neutral
    os.write(pad.kernel, event[3:])
    assert not pad.device.read(0, "arm", VIEWS).neutral


def test_unplugged_gamepad_is_lost_at_the_next_look_even_with_the_stick_held(pad):
    assert not pad.read_at(200).neutral
    pad.unplug()
    with pytest.raises(DeviceLostError, match="plug it in again"):
        pad.read_at(210)


def test_absent_gamepad_is_a_line(tmp_path):
    with pytest.raises(DeviceLostError, match=r"cannot open .*js0: No such file or directory; plug the gamepad in"):
        open_gamepad({"path": str(tmp_path / "js0")}, SPEEDS, ("arm",))


def test_option_that_there_is_not_is_named():
    with pytest.raises(ConfigError, match="options of the gamepad: colour"):
        open_gamepad({"colour": "red"}, SPEEDS, ("arm",))
