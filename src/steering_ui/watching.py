"""What the node hears and sees of the graph, put on the board as it comes or ten times a second."""

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from molmoact_ros.msg import ArmState, ChunkStatus, Reasoning, RecorderStatus
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from molmoact_common.chunks import Chunk
from molmoact_common.poses import Pose
from molmoact_common.ros import qos
from molmoact_common.ros.images import image_from_message
from molmoact_common.ros.messages import pose_from_message
from steering_ui import showing
from steering_ui.board import Board
from steering_ui.depth import DepthPainter
from steering_ui.pictures import Pictures
from steering_ui.plan import plan_of
from steering_ui.polling import Polled
from steering_ui.standstill import Standing

DEPTH = "depth"
"""Name of the depth picture among the views."""

BRIDGE = "franka_bridge"
"""Name of the bridge's status in /diagnostics."""


class Eyes:
    """Cameras and arms, looked at ten times a second; `onlooker` is a node of no executor."""

    def __init__(
        self, onlooker: Node, arms: tuple[str, ...], board: Board, pictures: Pictures, log: Callable[[str], None]
    ) -> None:
        self._board = board
        self._log = log
        self._told: set[str] = set()
        self._pictures = pictures
        self._cameras = {
            name: Polled(onlooker, Image, f"camera/{name}/color/image_raw", qos.IMAGE)
            for name in pictures.names
            if name != DEPTH
        }
        self._arms = {name: Polled(onlooker, ArmState, f"arm/{name}/state", qos.STATE) for name in arms}
        self._states: dict[str, Any] = {}

    def refresh(self, watched: bool) -> None:
        """Show the newest; pictures only where somebody watches."""
        self._look_at_arms()
        for name, state in self._states.items():
            self._board.put(f"arm/{name}", showing.arm_state(state))
        if watched:
            for name, camera in self._cameras.items():
                message = camera.take()
                if message is not None:
                    self._show(name, message)

    def _show(self, name: str, message: Any) -> None:
        try:
            self._pictures.put(name, image_from_message(message, "rgb8"))
        except ValueError as error:
            if name not in self._told:
                self._told.add(name)
                self._log(f"camera {name} cannot be shown: {error}")

    def commanded(self) -> dict[str, Pose]:
        """Newest commanded pose of each arm that is known."""
        self._look_at_arms()
        return {name: pose_from_message(state.commanded) for name, state in self._states.items()}

    def standing(self) -> dict[str, Standing]:
        """How the arms stand, where they follow chunks (the next may be on its way) and all are known; else nothing."""
        self._look_at_arms()
        following = [state for state in self._states.values() if state.mode in (ArmState.RUNNING, ArmState.HOLDING)]
        if not following or len(self._states) < len(self._arms):
            return {}
        return {
            name: Standing(int(self._states[name].command_step), float(self._states[name].gripper_commanded))
            for name in self._arms
        }

    def _look_at_arms(self) -> None:
        for name, arm in self._arms.items():
            state = arm.take()
            if state is not None:
                self._states[name] = state


class Ears:
    """What the graph says in events; every callback is handed to `later`, which runs it in the board's thread."""

    def __init__(self, node: Node, board: Board, later: Any, painter: DepthPainter) -> None:
        self._board = board
        self._painter = painter
        self._outcomes = showing.Outcomes()
        self._health: dict[str, dict[str, Any]] = {}
        for kind, topic, profile, heard in (
            (Reasoning, "policy/reasoning", qos.EVENTS, self._on_reasoning),
            (ChunkStatus, "bridge/chunk_status", qos.EVENTS, self._on_status),
            (DiagnosticArray, "/diagnostics", qos.EVENTS, self._on_diagnostics),
            (RecorderStatus, "recorder/status", qos.LATCHED, self._on_recorder),
            (String, "policy/instruction", qos.LATCHED, self._on_instruction),
        ):
            node.create_subscription(kind, topic, later(heard), profile)

    def _on_reasoning(self, message: Any) -> None:
        self._board.put("thought", showing.reasoning(message))
        self._painter.paint(tuple(message.depth_codes))

    def _on_status(self, message: Any) -> None:
        self._board.put("chunks", self._outcomes.add(showing.chunk_outcome(message)))

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            self._health[status.name] = showing.diagnostic(status)
            if status.name == BRIDGE:
                self._board.put("gate", showing.gate_activity({pair.key: pair.value for pair in status.values}))
        self._board.put("health", self._health)

    def _on_recorder(self, message: Any) -> None:
        self._board.put("recorder", showing.recorder(message))

    def _on_instruction(self, message: Any) -> None:
        self._board.put("instruction", message.data)


def show_plan(board: Board, chunk: Chunk, starts: dict[str, Pose]) -> None:
    """Put a chunk on the board, as the way that the hands would go."""
    plans = plan_of(chunk, starts)
    board.put(
        "plan",
        {
            "sequence": chunk.sequence,
            "instruction": chunk.instruction,
            "step_period": chunk.step_period,
            "arms": {
                arm: {"path": plan.path, "turns": plan.turns, "openings": plan.openings} for arm, plan in plans.items()
            },
        },
    )
