"""The bridge as a process that is killed, frozen, cut off, or sent garbage; measured at the robot."""

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
    """A chunk under way at speed; the robot's tick."""
    outside.send(outside.chunk(1))
    wait(lambda: np.linalg.norm(robot.robot.arm.pose.velocity[:3]) > 0.22)
    return robot.robot.tick


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
    for name in ("recover", "home", "start"):
        answer = outside.call(name)
        assert answer.success, answer.message
    outside.in_mode(ArmState.HOLDING)


def test_partition(graph: Graph):
    """The policy's participant is gone in mid-chunk: the rows that came are made, 224 mm, and the arm rests."""
    robot, _, outside = graph
    start = robot.robot.arm.pose.value[0, 3]
    cruise(robot, outside)
    outside.close()
    wait(lambda: at_rest(robot))
    assert robot.robot.arm.pose.value[0, 3] - start == pytest.approx(14 * 0.016, abs=1e-3)
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
