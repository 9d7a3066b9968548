"""Fault: a teleoperation device is unplugged while its stick is held; from the kernel's side to the commanded pose."""

import os

import numpy as np

from demo_recorder.teleop.gamepad import AXIS, BUTTON, EVENT, Gamepad, GamepadOptions
from demo_recorder.teleop.hand import Hand
from support.teleop_loop import TICK_MS, Loop

STEP_MS = 1000 / 15


class HeldStick:
    """A gamepad with its stick forward and its dead-man button down, in the hand of an operator."""

    def __init__(self, loop: Loop) -> None:
        descriptor, self.kernel = os.pipe2(os.O_NONBLOCK)
        self.loop = loop
        self.hand = Hand(lambda: Gamepad(descriptor, GamepadOptions()), ("arm",), loop.operator.settings)
        self.run(1)
        os.write(self.kernel, EVENT.pack(0, 1, BUTTON, 5) + EVENT.pack(0, -32767, AXIS, 1))

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.loop.run(1, self.hand.poll(self.loop.now_ns, {"arm": self.loop.view()}))


def test_arm_stands_two_steps_after_its_gamepad_was_unplugged():
    stick = HeldStick(Loop())
    stick.run(60)
    moving = np.diff(stick.loop.path[-20:])
    assert moving.any()
    before = len(stick.loop.path)
    os.close(stick.kernel)
    stick.run(60)
    after = stick.loop.path[before:]
    changes = [number for number, x in enumerate(after) if x != after[-1]]
    assert len(changes) * TICK_MS <= 2 * STEP_MS + TICK_MS
    assert "unplugged" in stick.hand.lost
    assert not stick.loop.follower.following
