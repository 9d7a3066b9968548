"""The cell's node as a process beside a real world: clock, state, resets, and the pacer's hold."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
import rclpy
from molmoact_ros.msg import ActionChunk, CellState, ChunkStatus, Reasoning
from molmoact_ros.srv import ResetCell
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock

from molmoact_common.poses import Pose
from molmoact_common.ros import qos
from molmoact_common.ros.nodes import ensure_ament_prefix
from molmoact_common.ros.stamps import to_nanoseconds, to_time
from sim_cell.node_messages import LINK_TO_OPTICAL, static_transforms
from sim_cell.shared import NO_LIMIT
from support.solo_cell import running_world

pytestmark = pytest.mark.ros

DOMAIN = 64
HOST = "127.0.64.9"
MS = 1_000_000


def test_cameras_and_base_are_placed_in_their_parents(scene):
    transforms = {message.child_frame_id: message for message in static_transforms(scene)}
    assert set(transforms) == {"arm_base", "front_link", "wrist_link"}
    assert transforms["wrist_link"].header.frame_id == "arm_hand_tcp"
    there = transforms["front_link"].transform
    position = np.array([there.translation.x, there.translation.y, there.translation.z])
    rotation = np.array([there.rotation.x, there.rotation.y, there.rotation.z, there.rotation.w])
    optical = Pose(position, rotation) @ LINK_TO_OPTICAL
    assert optical.distance_to(scene.cameras["front"].pose) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_two_arms_have_a_base_each_and_carry_their_own_camera(duo):
    transforms = {message.child_frame_id: message for message in static_transforms(duo)}
    assert transforms["left_base"].transform.translation.y == -transforms["right_base"].transform.translation.y > 0
    for arm in duo.arms:
        assert transforms[f"{arm}_wrist_link"].header.frame_id == f"{arm}_hand_tcp"


class Listener:
    """A node of the graph that remembers what it hears."""

    def __init__(self, context):
        self.node = rclpy.create_node("listener", context=context)
        self.executor = SingleThreadedExecutor(context=context)
        self.executor.add_node(self.node)
        self.clocks, self.states = [], []
        self.node.create_subscription(Clock, "/clock", self.clocks.append, 100)
        self.node.create_subscription(CellState, "cell/state", self.states.append, 100)
        self.reasoning = self.node.create_publisher(Reasoning, "policy/reasoning", qos.EVENTS)
        self.chunks = self.node.create_publisher(ActionChunk, "policy/chunk", qos.STATE)
        self.statuses = self.node.create_publisher(ChunkStatus, "bridge/chunk_status", qos.EVENTS)
        self.reset = self.node.create_client(ResetCell, "cell/reset")

    def until(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            self.executor.spin_once(timeout_sec=0.05)

    def ask_reset(self, **request):
        self.until(self.reset.service_is_ready)
        answer = self.reset.call_async(ResetCell.Request(**request))
        self.until(answer.done)
        return answer.result()

    def observe(self, sequence, tick, stage=Reasoning.STAGE_OBSERVED):
        self.until(lambda: self.reasoning.get_subscription_count() > 0)
        message = Reasoning(sequence=sequence, stage=stage)
        message.header.stamp = to_time(tick * MS)
        self.reasoning.publish(message)


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cell")
    with running_world(folder, HOST) as cell:
        yield cell


@contextmanager
def cell_node(cell_dir, *parameters):
    environment = os.environ | {"ROS_DOMAIN_ID": str(DOMAIN), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    arguments = [part for text in (f"cell_dir:={cell_dir}", *parameters) for part in ("-p", text)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sim_cell.node", "--ros-args", *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def listener(cell):
    with pytest.MonkeyPatch.context() as patch, cell_node(cell.folder, "virtual_latency:=0.2"):
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        ensure_ament_prefix()
        context = rclpy.Context()
        rclpy.init(context=context, domain_id=DOMAIN)
        listener = Listener(context)
        listener.until(lambda: listener.clocks and listener.states)
        yield listener
        listener.executor.shutdown()
        listener.node.destroy_node()
        rclpy.shutdown(context=context)


def test_the_clock_is_the_worlds_tick_and_only_rises(cell, listener):
    listener.clocks.clear()
    listener.until(lambda: len(listener.clocks) > 20)
    stamps = [to_nanoseconds(message.clock) // MS for message in listener.clocks]
    assert stamps == sorted(set(stamps))
    assert stamps[-1] <= cell.control.tick
    assert cell.control.tick - stamps[-1] < 2000


def test_a_reset_places_the_objects_and_says_what_to_do(cell, listener):
    answer = listener.ask_reset(task="", seed=7)
    assert answer.success
    assert answer.instruction == cell.files.episode("put_block_in_tray", 7).instruction
    listener.until(lambda: listener.states[-1].seed == 7)
    state = listener.states[-1]
    start = cell.files.episode("put_block_in_tray", 7).start
    assert list(state.objects) == list(start)
    for pose, expected in zip(state.poses, start.values(), strict=True):
        assert (pose.position.x, pose.position.y) == pytest.approx(tuple(expected.position[:2]), abs=2e-3)
    assert not state.success


def test_an_unknown_task_is_refused_and_changes_nothing(cell, listener):
    listener.ask_reset(task="put_block_in_tray", seed=3)
    answer = listener.ask_reset(task="juggle", seed=4)
    assert not answer.success
    assert "no task 'juggle'" in answer.message
    assert cell.control.seed == 3


def test_an_observation_holds_the_world_until_its_chunk_is_there(cell, listener):
    tick = cell.control.tick
    listener.observe(5, tick)
    listener.until(lambda: cell.control.hold_tick == tick + 200)
    listener.until(lambda: listener.chunks.get_subscription_count() > 0)
    listener.chunks.publish(ActionChunk(sequence=5))
    listener.until(lambda: cell.control.hold_tick == NO_LIMIT)


def test_a_refusal_releases_the_world_too(cell, listener):
    listener.observe(6, 0)
    listener.until(lambda: cell.control.hold_tick == 200)
    listener.observe(6, 0, Reasoning.STAGE_REFUSED)
    listener.until(lambda: cell.control.hold_tick == NO_LIMIT)


def test_a_chunk_that_is_refused_on_its_way_releases_the_world_too(cell, listener):
    listener.observe(7, 0)
    listener.until(lambda: cell.control.hold_tick == 200)
    listener.until(lambda: listener.statuses.get_subscription_count() > 0)
    listener.statuses.publish(ChunkStatus(sequence=7, status=ChunkStatus.ACCEPTED))
    listener.statuses.publish(ChunkStatus(sequence=7, status=ChunkStatus.REFUSED))
    listener.until(lambda: cell.control.hold_tick == NO_LIMIT)


def test_an_interrupted_node_lets_the_world_go_and_exits_0(tmp_path):
    with running_world(tmp_path, "127.0.64.10") as cell, cell_node(tmp_path) as process:
        deadline = time.monotonic() + 20
        cell.control.put(hold_tick=0)
        while cell.control.hold_tick == 0:  # a running node writes its own limit
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")
        assert cell.control.hold_tick == NO_LIMIT


def test_without_a_world_the_node_says_so_and_exits_2(tmp_path):
    with cell_node(tmp_path, "attach_timeout:=0.1") as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "start cell_world" in errors
