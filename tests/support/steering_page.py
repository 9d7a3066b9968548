"""The steering node in process, with a node that plays cameras, policy, bridge and recorder, and browsers' requests."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import rclpy
from molmoact_ros.msg import ActionChunk, ArmState, ChunkStatus, Reasoning
from molmoact_ros.srv import EpisodeCommand, SetInstruction, SetSpeedFactor, SetTrace
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger
from websockets.sync.client import ClientConnection, connect

from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, RotationConvention
from molmoact_common.ros import qos
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.messages import chunk_to_message, traces_to_messages
from molmoact_common.ros.nodes import ensure_ament_prefix
from steering_ui.node import SteeringNode

DOMAIN = 78
WAIT_SECONDS = 30.0
SERVICES = {
    "policy/set_instruction": SetInstruction,
    "policy/set_trace": SetTrace,
    "bridge/start": Trigger,
    "bridge/recover": Trigger,
    "bridge/home": Trigger,
    "bridge/set_speed_factor": SetSpeedFactor,
    "recorder/episode": EpisodeCommand,
}


def overriding(**parameters: Any) -> list[Parameter]:
    """Parameters of a page for tests: any free port, one camera, and patience with a busy machine."""
    values = {"port": 0, "patience": 10.0, "cameras": "front", **parameters}
    return [Parameter(name, value=value) for name, value in values.items()]


class Door:
    """What a browser asks of the page, without a browser."""

    def __init__(self, page: SteeringNode) -> None:
        self.page = page
        self.port, self.token = page.port, page.token

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"{self.origin}/#token={self.token}"

    def request(self, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
        """One request of the page itself, but for `headers`; underscores stand for dashes, empty ones are left out."""
        given = {"origin": self.origin, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        connection.request(method, path, body, {name: value for name, value in given.items() if value})
        return connection.getresponse()

    def login(self) -> str:
        """A new session's cookie."""
        answer = self.request("POST", "/login", json.dumps({"token": self.token}))
        return answer.headers["set-cookie"].split(";")[0]

    def socket(self, cookie: str | None = None, origin: str | None = None, **options: Any) -> ClientConnection:
        """An open socket, of a page that is logged in unless told otherwise."""
        headers = {"Cookie": self.login() if cookie is None else cookie, **options.pop("headers", {})}
        address = f"ws://127.0.0.1:{self.port}/socket"
        return connect(address, origin=self.origin if origin is None else origin, additional_headers=headers, **options)


class SteeringGraph(Door):
    """The page's node and everybody else; callbacks run in a thread, so that a test can sit in a browser.

    Attributes:
        calls: (service, request) in the order in which they came.
        heard: topic -> messages that the page's node published.
    """

    def __init__(self, **parameters: Any) -> None:
        ensure_ament_prefix()
        self.context = Context()
        rclpy.init(context=self.context, domain_id=DOMAIN)
        values = {"relay": True, **parameters}
        super().__init__(SteeringNode(context=self.context, parameter_overrides=overriding(**values)))
        self.node = rclpy.create_node("others", context=self.context)
        self.calls: list[tuple[str, Any]] = []
        self.heard: dict[str, list[Any]] = {}
        self._connect()
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.page)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()
        self.until(lambda: self.node.count_publishers("stop") and self.node.count_publishers("teleop/chunk"))
        self.until(lambda: self.proposals.get_subscription_count() or not values["relay"])

    def _connect(self) -> None:
        node = self.node
        self.images = node.create_publisher(Image, "camera/front/color/image_raw", qos.IMAGE)
        self.states = node.create_publisher(ArmState, "arm/arm/state", qos.STATE)
        self.proposals = node.create_publisher(ActionChunk, "policy/proposal", qos.STATE)
        self.reasoning = node.create_publisher(Reasoning, "policy/reasoning", qos.EVENTS)
        self.instruction = node.create_publisher(String, "policy/instruction", qos.LATCHED)
        for topic, kind, profile in (
            ("stop", Bool, qos.STATE),
            ("policy/chunk", ActionChunk, qos.STATE),
            ("teleop/chunk", ActionChunk, qos.STATE),
            ("bridge/chunk_status", ChunkStatus, qos.EVENTS),
        ):
            node.create_subscription(kind, topic, self.heard.setdefault(topic, []).append, profile)
        for name, kind in SERVICES.items():
            node.create_service(kind, name, partial(self._on_call, name))

    def _on_call(self, name: str, request: Any, response: Any) -> Any:
        self.calls.append((name, request))
        response.success, response.message = True, f"{name} done"
        return response

    @property
    def nothing_happened(self) -> bool:
        return not self.calls and not any(self.heard.values())

    def until(self, condition: Callable[[], Any]) -> None:
        """Wait for what other threads do; half a minute at most."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.01)

    def state(self, mode: int = ArmState.HOLDING, **fields: Any) -> None:
        """The arm says how it is."""
        message = ArmState(arm="arm", mode=mode, **fields)
        message.measured.orientation.w = message.commanded.orientation.w = 1.0
        self.states.publish(message)

    def image(self, picture: np.ndarray) -> None:
        """The front camera shows something."""
        self.images.publish(image_to_message(picture, "rgb8", self.now_ns, "front"))

    def think(self, **fields: Any) -> None:
        """The policy publishes a whole answer."""
        traces = traces_to_messages(fields.pop("traces", {}))
        self.reasoning.publish(Reasoning(stage=Reasoning.STAGE_ACTION, traces=traces, **fields))

    def propose(self, sequence: int, rows: int = 8, age: float = 0.0) -> ActionChunk:
        """The policy proposes a chunk that answers an observation of `age` seconds ago."""
        chunk = Chunk(
            sequence=sequence,
            observation_ns=self.now_ns - round(age * 1e9),
            command_step=0,
            arms=("arm",),
            deltas=np.tile([0.01, 0.002, -0.004, 0, 0, 0.02, 1.0], (rows, 1)),
            step_period=1 / 15,
            frame=DeltaFrame.BASE,
            rotation=RotationConvention.ROTATION_VECTOR,
        )
        message = chunk_to_message(chunk)
        self.proposals.publish(message)
        return message

    @property
    def now_ns(self) -> int:
        return int(self.node.get_clock().now().nanoseconds)

    def close(self) -> None:
        self.page.close()
        self._executor.shutdown()
        self._thread.join(5)
        self.page.destroy_node()
        self.node.destroy_node()
        self.context.try_shutdown()


class Tab:
    """A page's side of the socket, with nothing in between."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.connection = json.loads(socket.recv(timeout=WAIT_SECONDS))["connection"]
        self.seq = 0

    def frame(self, kind: str, **fields: Any) -> str:
        """The next message, not sent yet."""
        self.seq += 1
        return json.dumps({"type": kind, "connection": self.connection, "seq": self.seq, **fields})

    def say(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a message, and what is answered."""
        return self.send(self.frame(kind, **fields))

    def send(self, text: str | bytes) -> dict[str, Any]:
        """Send anything, and what is answered."""
        self.socket.send(text)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The next answer; what is shown meanwhile is passed over."""
        while True:
            data = self.socket.recv(timeout=WAIT_SECONDS)
            if isinstance(data, str) and (message := json.loads(data))["type"] == "answer":
                return dict(message)

    def part(self, name: str, condition: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next of that part for which the condition holds."""
        while True:
            data = self.socket.recv(timeout=WAIT_SECONDS)
            if (
                isinstance(data, str)
                and (message := json.loads(data)).get("name") == name
                and condition(message["value"])
            ):
                return message["value"]


@contextmanager
def steering_graph(**parameters: Any) -> Iterator[SteeringGraph]:
    """The graph, ended whatever happens."""
    graph = SteeringGraph(**parameters)
    try:
        yield graph
    finally:
        graph.close()


@contextmanager
def page_alone(domain: int, **parameters: Any) -> Iterator[Door]:
    """The page's node on somebody else's graph, turned in a thread."""
    ensure_ament_prefix()
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    page = SteeringNode(context=context, parameter_overrides=overriding(**parameters))
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(page)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    try:
        yield Door(page)
    finally:
        page.close()
        executor.shutdown()
        thread.join(5)
        page.destroy_node()
        context.try_shutdown()
