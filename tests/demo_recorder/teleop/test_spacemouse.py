import pytest

from demo_recorder.teleop.devices import DeviceLostError
from demo_recorder.teleop.settings import Speeds
from demo_recorder.teleop.spacemouse import SpaceMouse, SpaceMouseOptions, open_spacemouse
from support.teleop_views import MS, reports, view

pyspacemouse = pytest.importorskip("pyspacemouse", reason="an optional extra: pip install molmoact-ros[teleop]")
easyhid = pytest.importorskip("easyhid", reason="comes with pyspacemouse, an optional extra")
VIEWS = {"arm": view()}


class RecordedHid:
    """A HID device that reports what was recorded; the library's own code reads it."""

    def __init__(self) -> None:
        self.waiting = reports("spacemouse.txt")
        self.now_ns = 0
        self.unplugged = False

    def read(self, size: int) -> bytearray:
        if self.unplugged:
            raise easyhid.HIDException("Failed to read from HID device: -1")
        if self.waiting and self.waiting[0][0] <= self.now_ns:
            return bytearray(self.waiting.pop(0)[1])
        return bytearray()

    def close(self) -> None: ...


@pytest.fixture
def hid() -> RecordedHid:
    return RecordedHid()


def mouse_on(hid: RecordedHid, **options) -> SpaceMouse:
    spec = pyspacemouse.apply_axis_convention(
        pyspacemouse.get_device_specs()["SpaceNavigator"], pyspacemouse.AxisConvention.ROS
    )
    return SpaceMouse(pyspacemouse.SpaceMouseDevice(spec, hid), SpaceMouseOptions(**options))


def read_at(mouse: SpaceMouse, hid: RecordedHid, at_ms: int):
    hid.now_ns = at_ms * MS
    return mouse.read(hid.now_ns, "arm", VIEWS)


def test_cap_that_is_pushed_away_moves_away_and_stops_when_it_is_released(hid):
    mouse = mouse_on(hid)
    found = [read_at(mouse, hid, at) for at in range(0, 400, 10)]
    forward = [reading.translation[0] for reading in found]
    assert forward[9] == 0
    assert max(forward) == pytest.approx(1)
    assert forward[-1] == 0
    assert all(reading.translation[1:].tolist() == [0, 0] for reading in found)


def test_hand_that_rests_on_the_cap_moves_nothing(hid):
    assert read_at(mouse_on(hid), hid, 101).neutral  # a deflection of 20 of 350


def test_every_report_that_waits_is_taken_in(hid):
    assert read_at(mouse_on(hid), hid, 230).translation[0] == pytest.approx(1)


def test_button_is_told_once(hid):
    mouse = mouse_on(hid)
    presses = [read_at(mouse, hid, at).press_gripper for at in range(0, 400, 10)]
    assert sum(presses) == 1
    assert presses[24]


def test_cap_that_falls_silent_while_deflected_counts_as_released(hid):
    mouse = mouse_on(hid)
    assert not read_at(mouse, hid, 220).neutral
    hid.waiting.clear()
    assert not read_at(mouse, hid, 360).neutral
    assert read_at(mouse, hid, 371).neutral


def test_dead_man_button_must_be_held(hid):
    mouse = mouse_on(hid, dead_man=0, gripper=1)
    assert [read_at(mouse, hid, at).held for at in (220, 250, 310)] == [False, True, False]


def test_without_a_dead_man_button_the_cap_is_one(hid):
    mouse = mouse_on(hid)
    assert [read_at(mouse, hid, at).held for at in (0, 220, 250, 370)] == [False, True, True, False]


def test_unplugged_mouse_is_lost(hid):
    mouse = mouse_on(hid)
    assert not read_at(mouse, hid, 220).neutral
    hid.unplugged = True
    with pytest.raises(DeviceLostError, match="plug it in again"):
        read_at(mouse, hid, 230)


def test_absent_mouse_is_a_line():
    with pytest.raises(DeviceLostError, match="SpaceMouse") as lost:
        open_spacemouse({}, Speeds(0.1, 0.5, 1 / 15), ("arm",))
    assert "\n" not in str(lost.value)
