"""From the page to a real bridge at a robot; how fast is measured by benchmarks/steering.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from molmoact_ros.msg import ArmState, ChunkStatus

from support.bridge_process import CONFIG, Outside, bridge_process
from support.robot_server.server import RobotServer
from support.steering_page import Tab, page_alone

pytestmark = [pytest.mark.robot, pytest.mark.ros, pytest.mark.system]
HOST, DOMAIN = "127.0.78.1", 78


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[tuple[Outside, Tab]]:
    """An arm that follows chunks, the test in place of the policy, and a page that has the controls."""
    robots = yaml.safe_load((CONFIG / "robots" / "fr3.yaml").read_text())
    robots["arms"]["arm"]["realtime"] = "ignore"
    config = tmp_path / "robots.yaml"
    config.write_text(yaml.safe_dump(robots))
    outside = Outside(DOMAIN)
    with (
        RobotServer(HOST, pace=0.001),
        bridge_process(HOST, config, DOMAIN),
        page_alone(DOMAIN, relay=True) as door,
        door.socket() as socket,
    ):
        tab = Tab(socket)
        outside.in_mode(ArmState.IDLE)
        assert tab.say("take_control")["ok"]
        assert tab.say("order", name="start")["ok"]
        outside.in_mode(ArmState.HOLDING)
        yield outside, tab
    outside.close()


def slow_chunk(outside: Outside) -> None:
    """Six seconds under way, so that only something else can end them; sent as the policy does past no page."""
    outside.send(outside.chunk(1, rows=90, dx=0.001))
    outside.in_mode(ArmState.RUNNING)


def test_stop_on_the_page_stops_the_arm_until_it_is_recovered(graph):
    outside, tab = graph
    slow_chunk(outside)
    assert tab.send('{"type":"stop"}')["ok"]
    outside.in_mode(ArmState.STOPPED)
    assert outside.state.reason == "the stop topic says so"
    assert tab.say("order", name="recover")["ok"]
    outside.in_mode(ArmState.IDLE)


def test_a_lost_controller_ends_the_motion_without_a_stop(graph):
    outside, tab = graph
    slow_chunk(outside)
    tab.part("arm/arm", lambda arm: arm["mode"] == "running")
    tab.socket.close()
    outside.in_mode(ArmState.HOLDING)
    outside.spin_until(lambda: outside.statuses[-1].status != ChunkStatus.ACCEPTED)
    assert outside.statuses[-1].status != ChunkStatus.FINISHED
