"""franky-sim's robot server as a process: ticks until stdin closes; does what each line there says, and reports.

In lock-step, so that a busy machine changes no result: while a motion runs a tick waits for the client's answer.
"""

import json
import select
import sys
import time
from typing import Any

from franky_sim import SimulationServer
from franky_sim.franka_robot_protocol import MoveStatus, RobotCommand
from franky_sim.franka_server import BaseCommand
from franky_sim.mujoco_simulator import MujocoSimulator


class Recorder:
    """Counts the motions that arrive and keeps the commanded position of each tick."""

    def __init__(self, robot: Any) -> None:
        self.motions = 0
        self.ticks = 0
        self.path: list[tuple[float, float, float]] = []
        self._robot = robot
        start = robot.server.start_motion

        def count_and_start(*arguments: Any) -> None:
            self.motions += 1
            start(*arguments)

        robot.server.start_motion = count_and_start

    def after_tick(self) -> None:
        """Note where the newest command is."""
        self.ticks += 1
        self.path.append(tuple(self._robot.server.robot_state.O_T_EE_c[12:15]))

    def report(self) -> dict[str, object]:
        """What a test may ask: counts, joints (rad), hand width (m), commanded path (m, one row a tick)."""
        q = [float(value) for value in self._robot.inner_state.q]
        width = float(self._robot.hand_width)
        return {"motions": self.motions, "ticks": self.ticks, "q": q, "hand_width": width, "path": self.path}


def reflex(server: Any) -> None:
    """End the motion under way as a robot does whose reflex has struck; franky-sim has none of its own."""
    BaseCommand.send_response(
        server._tcp_socket, RobotCommand.kMove, server.current_motion_id, MoveStatus.kReflexAborted
    )
    server.stop_motion(send_preemption_signal=False)
    server.reset_current_motion_id()


def tick(server: SimulationServer) -> None:
    """One millisecond of the world, at 1 kHz or slower."""
    start = time.monotonic()
    (robot,) = server.robot_servers
    robot.process_commands()
    server.sim.step()
    robot.send_state()
    # The socket is private; there is no other way to wait for an answer without taking it.
    answers = robot._FrankaServer__udp_socket
    if robot.current_motion_id and answers is not None:
        select.select([answers], [], [], 0.05)
    time.sleep(max(0.0, 0.001 - (time.monotonic() - start)))


def main() -> int:
    """Serve on the address given as the first argument, starting from the joints given after it."""
    initial_q = [float(value) for value in sys.argv[2:9]]
    with MujocoSimulator() as simulator:
        robot = simulator.add_robot(initial_q=initial_q)
        with SimulationServer(simulator, hostname_candidates=[sys.argv[1]]) as server:
            recorder = Recorder(robot)
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            while True:
                tick(server)
                recorder.after_tick()
                if select.select([sys.stdin], [], [], 0)[0]:
                    line = sys.stdin.readline()
                    if not line:
                        return 0
                    if line == "reflex\n":
                        reflex(robot.server)
                    sys.stdout.write(json.dumps(recorder.report()) + "\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
