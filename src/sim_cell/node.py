"""Executable `cell_node`: the world's clock and state as topics, resets as a service, and the pacer's hold."""

import sys
import threading
import time
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from molmoact_ros.msg import ActionChunk, ArmState, CellState, ChunkStatus, Reasoning
from molmoact_ros.srv import ResetCell
from pydantic import Field
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock

from molmoact_common.errors import UserError
from molmoact_common.ros import qos
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.parameters import read_parameters
from molmoact_common.ros.stamps import to_nanoseconds, to_time
from molmoact_common.yaml_config import Settings
from sim_cell.cell_files import CellFiles
from sim_cell.node_messages import cell_state, static_transforms
from sim_cell.pacer import NANOSECONDS_A_TICK, ControlPacer, Pacer
from sim_cell.scoring import hands_of, objects_of, score
from sim_cell.shared import NO_LIMIT, attach

CLOCK_TICKS, STATE_TICKS = 10, 50
"""/clock at 100 Hz and /cell/state at 20 Hz of world time."""

POLL = 0.002
"""Wall seconds between looks at the world's tick: a fifth of the clock's period."""

RESET_TIMEOUT = 5.0
"""Wall seconds for a reset; a held world does it within one slow tick."""


class CellParameters(Settings):
    """Parameters of the node."""

    cell_dir: Path = Field(description="scratch directory of the running cell_world")
    virtual_latency: float = Field(0.3, ge=0, le=10, description="seconds of world time that an answer takes")
    mode: Literal["lockstep", "realtime"] = Field("lockstep", description="realtime: the world waits for no answer")
    attach_timeout: float = Field(30.0, gt=0, le=600, description="seconds to wait for the world at the start")


class CellNode(Node):
    """Stands between the world, which knows no ROS, and the graph; does not use the clock that it publishes."""

    def __init__(self) -> None:
        super().__init__("cell_node")
        parameters = read_parameters(self, CellParameters)
        self._control, self._ring = attach(parameters.cell_dir, parameters.attach_timeout)
        self._files = CellFiles(parameters.cell_dir)
        self._pacer = Pacer(parameters.virtual_latency) if parameters.mode == "lockstep" else None
        self._control_pacer = ControlPacer()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._connect()
        self._poller = threading.Thread(target=self._poll, name="world")
        self._poller.start()

    def close(self) -> None:
        """Let the world go, and end the polling."""
        self._ended.set()
        self._poller.join()
        self._control.put(hold_tick=NO_LIMIT)

    def _connect(self) -> None:
        self._clock_topic = self.create_publisher(Clock, "/clock", QoSProfile(depth=1))
        self._state_topic = self.create_publisher(CellState, "cell/state", qos.STATE)
        if find_spec("tf2_msgs") is not None:  # the wheels lack it; a ROS installation has it
            messages = import_module("tf2_msgs.msg")
            self._tf_static = self.create_publisher(messages.TFMessage, "/tf_static", qos.LATCHED)
            self._tf_static.publish(messages.TFMessage(transforms=static_transforms(self._files.scene)))
        # A reset waits for the world, which may wait for the answer that the other group takes in.
        resets = MutuallyExclusiveCallbackGroup()
        self.create_service(ResetCell, "cell/reset", self._on_reset, callback_group=resets)
        if self._pacer is not None:
            self.create_subscription(Reasoning, "policy/reasoning", self._on_reasoning, qos.EVENTS)
            self.create_subscription(ActionChunk, "policy/chunk", self._on_chunk, qos.STATE)
            self.create_subscription(ChunkStatus, "bridge/chunk_status", self._on_status, qos.EVENTS)
            for arm in self._files.scene.arms:
                self.create_subscription(ArmState, f"arm/{arm}/state", partial(self._on_arm, arm), qos.STATE)

    def _poll(self) -> None:
        clocks = states = -1
        try:
            while not self._ended.wait(POLL):
                tick = self._control.tick
                if tick // CLOCK_TICKS != clocks:
                    clocks = tick // CLOCK_TICKS
                    self._clock_topic.publish(Clock(clock=to_time(tick * NANOSECONDS_A_TICK)))
                if tick // STATE_TICKS != states:
                    states = tick // STATE_TICKS
                    self._publish_state()
                self._release_late()
        except RuntimeError:  # rclpy's, when the shutdown was quicker than this thread
            if self.context.ok():
                raise

    def _publish_state(self) -> None:
        snapshot = self._ring.newest()
        if snapshot is None:
            return
        episode, scene = self._files.episode(self._control.task, self._control.seed), self._files.scene
        objects = objects_of(scene, snapshot)
        result = score(episode, scene, objects, hands_of(scene, snapshot))
        self._state_topic.publish(cell_state(snapshot, episode, objects, result))

    def _release_late(self) -> None:
        if self._pacer is None:
            return
        with self._lock:
            late = self._pacer.give_up(time.monotonic())
            self._hold(self._pacer)
        if late is not None:
            self.get_logger().warning(f"observation {late} got no answer; the world goes on without it")

    def _hold(self, pacer: Pacer) -> None:
        limits = (pacer.limit_tick(), self._control_pacer.limit_tick(time.monotonic()))
        self._control.put(hold_tick=min((limit for limit in limits if limit is not None), default=NO_LIMIT))

    def _on_arm(self, arm: str, message: Any) -> None:
        if self._pacer is None:
            return
        with self._lock:
            self._control_pacer.cycled(arm, to_nanoseconds(message.header.stamp), time.monotonic())
            self._hold(self._pacer)

    def _on_reasoning(self, message: Any) -> None:
        if self._pacer is None:
            return
        with self._lock:
            if message.stage == Reasoning.STAGE_OBSERVED:
                self._pacer.observed(message.sequence, to_nanoseconds(message.header.stamp), time.monotonic())
            elif message.stage == Reasoning.STAGE_REFUSED:
                self._pacer.answered(message.sequence)
            self._hold(self._pacer)

    def _on_status(self, message: Any) -> None:
        if message.status == ChunkStatus.REFUSED:  # by a person too, who let nothing of it come to the bridge
            self._on_chunk(message)

    def _on_chunk(self, message: Any) -> None:
        if self._pacer is None:
            return
        with self._lock:
            self._pacer.answered(message.sequence)
            self._hold(self._pacer)

    def _on_reset(self, request: Any, response: Any) -> Any:
        task = request.task or self._control.task
        try:
            episode = self._files.episode(task, request.seed)
        except UserError as error:
            response.message = str(error)
            return response
        number = self._control.ask_reset(task, request.seed)
        deadline = time.monotonic() + RESET_TIMEOUT
        while self._control.reset_done < number and not self._ended.wait(POLL):
            if time.monotonic() > deadline:
                response.message = f"the world did not place its objects within {RESET_TIMEOUT:g} s; is it running?"
                return response
        response.success = True
        response.instruction = episode.instruction
        return response


def main() -> int:
    """Entry point."""
    return run_node(CellNode)


if __name__ == "__main__":
    sys.exit(main())
