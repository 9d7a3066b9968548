"""The bridge as a process that is killed, frozen, cut off, or sent garbage; measured at the robot."""

import itertools
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from molmoact_ros.msg import ArmState, ChunkStatus

from support.bridge_process import CONFIG, Outside, bridge_process
from support.robot_server.record import speeds, travelled
from support.robot_server.server import RobotServer

pytestmark = [pytest.mark.robot, pytest.mark.ros, pytest.mark.system]
HOST, DOMAIN = "127.0.76.3", 76
LOST_WAY = 0.02
"""Metres: 20 ticks at 250 mm/s and rising, and what the robot needs to brake."""
Graph = tuple[RobotServer, subprocess.Popen[str], Outside]


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    """A robot in real time, a bridge that follows chunks, and who talks to it."""
    robots = yaml.safe_load((CONFIG / "robots" / "fr3.yaml").read_text())
    robots["arms"]["arm"]["realtime"] = "ignore"
    config = tmp_path / "robots.yaml"
    config.write_text(yaml.safe_dump(robots))
    outside = Outside(DOMAIN)
    with RobotServer(HOST, pace=0.001) as robot, bridge_process(HOST, config, DOMAIN) as process:
        outside.in_mode(ArmState.IDLE)
        assert outside.call("start").success
        outside.in_mode(ArmState.HOLDING)
        yield robot, process, outside
    if outside.node.context.ok():
        outside.close()


def wait(condition: Callable[[], bool]) -> None:
    """Until `condition` holds; the test has a timeout."""
    while not condition():
        time.sleep(0.002)


def cruise(robot: RobotServer, outside: Outside) -> int:
    """A chunk under way at speed; the robot's tick. Where a busy machine let the watchdog cut it: one more, back."""
    ahead = 1.0

    def fast() -> bool:
        return bool(np.linalg.norm(robot.robot.arm.pose.velocity[:3]) > 0.22)

    for sequence in itertools.count(1):  # the test has a timeout
        outside.in_mode(ArmState.HOLDING)
        outside.statuses.clear()
        outside.send(outside.chunk(sequence, dx=ahead * 0.016))
        outside.spin_until(lambda: fast() or over(outside))
        if fast():
            return robot.robot.tick
        wait(lambda: at_rest(robot))
        ahead = -ahead
    raise AssertionError


def over(outside: Outside) -> bool:
    """Whether the chunk sent last has come to an end."""
    ends = (ChunkStatus.FINISHED, ChunkStatus.DISCARDED, ChunkStatus.REFUSED)
    return any(status.status in ends for status in outside.statuses)


def at_rest(robot: RobotServer) -> bool:
    return robot.robot.motion is None and not robot.robot.braking


def test_bridge_killed(graph: Graph):
    """SIGKILL at 240 mm/s: the robot loses its client and brakes, 20 mm at most; a new bridge connects and works."""
    robot, process, outside = graph
    at = cruise(robot, outside)
    process.kill()
    wait(lambda: at_rest(robot))
    rows = robot.robot.record.rows(at)
    after_kill = rows[np.flatnonzero(rows["source"] == 3)[0] :]
    assert travelled(after_kill) < LOST_WAY
    assert speeds(robot.robot.record.rows())[-1] == 0.0


def test_bridge_frozen(graph: Graph):
    """SIGSTOP at 240 mm/s: 20 ticks later the robot brakes, 20 mm at most; stopped after SIGCONT; recover works."""
    robot, process, outside = graph
    at = cruise(robot, outside)
    robot.patience = 0.2
    process.send_signal(signal.SIGSTOP)
    wait(lambda: at_rest(robot))
    rows = robot.robot.record.rows(at)
    unanswered = np.flatnonzero(rows["source"] == 2)[0]
    assert travelled(rows[unanswered:]) < LOST_WAY
    robot.patience = 20.0
    process.send_signal(signal.SIGCONT)
    outside.in_mode(ArmState.STOPPED, ArmState.DISCONNECTED)
    assert outside.state.reason
    answer = outside.call("recover")
    assert answer.success, answer.message
    outside.in_mode(ArmState.HOLDING)


def test_partition(graph: Graph):
    """The policy's participant is gone in mid-chunk: no more than the rows that came, 224 mm, and the arm rests.

    Less where a busy machine lets the watchdog cut them; in lock-step the way is exact: test_silence_of_the_policy.
    """
    robot, _, outside = graph
    cruise(robot, outside)
    outside.close()
    wait(lambda: at_rest(robot))
    rows = robot.robot.record.rows()
    assert travelled(rows[rows["motion"] == robot.robot.motions]) <= 14 * 0.016 + 1e-3
    new = Outside(DOMAIN)
    try:
        new.in_mode(ArmState.HOLDING)
    finally:
        new.close()


def test_garbage_over_the_wire(graph: Graph):
    """Cut, absurd and huge chunks: each refused with its reason; the node lives and the arm does not move."""
    robot, process, outside = graph
    bad = [outside.chunk(number) for number in range(1, 6)]
    bad[0].deltas.pop()
    bad[1].frame = "sideways"
    bad[2].deltas[3] = float("nan")
    bad[3].deltas[0] = 1e300
    bad[4].deltas[4] = 1e300
    for number, message in enumerate(bad):
        outside.send(message)
        outside.spin_until(lambda wanted=number + 1: len(outside.statuses) >= wanted)
    assert [status.status for status in outside.statuses] == [ChunkStatus.REFUSED] * 5
    assert all(status.reason for status in outside.statuses)
    outside.in_mode(ArmState.HOLDING)
    assert process.poll() is None
    assert travelled(robot.robot.record.rows()) == 0.0
