"""franka-sim as a strict robot: every limit enforced, and time in step with the client, so that no machine is slow."""

import mmap
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
from franka_sim.franka_sim_server import FrankaSimServer
from franka_sim.mujoco_franka_sim import ARM_POSITION_KD, ARM_VELOCITY_KV, MujocoFrankaSim
from record import Recorder
from usage import MeasuringChecker

PATIENCE = 0.5
"""Wall seconds until an answer counts as lost; libfranka gives up after one second without a state."""

AT_REST = 0.005
"""Wall seconds a tick of a robot that stands and has no leave: whoever asks for its state waits for the next one."""

IDLE_POLL = 0.05
POLL = 0.0002
ALLOWED = struct.Struct("<Q")


def _frame(turn: float, height: float) -> np.ndarray:
    """4x4 of a turn (rad) about z and a shift (m) along it."""
    frame = np.eye(4)
    frame[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    frame[2, 3] = height
    return frame


FLANGE = _frame(0.0, 0.107)
"""Flange in link 7, from the FR3's URDF: franka-sim takes link 7 itself for the flange."""

HAND = _frame(-np.pi / 4, 0.1034)
"""F_T_NE that Desk sets for a Franka hand: its TCP in the flange."""


WRIST_DAMPING = 50.0
"""Nm s/rad of joints 5 to 7. franka-sim has 200, which at steps of 1 ms is more than the 0.074 kg m2 of these joints
can take: joint 7 stood rattling at 0.08 rad/s, and no client would have called that rest."""

ARM_POSITION_KD[4:] = WRIST_DAMPING
ARM_VELOCITY_KV[4:] = WRIST_DAMPING


class Allowance:
    """The message id up to which a robot may go on, which the test writes to a file; 0: as far as it likes."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(ALLOWED.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), ALLOWED.size)

    def wait(self, message_id: int, longest: float) -> None:
        """Until `message_id` is allowed; `longest` seconds at most, since libfranka waits for states too."""
        end = time.perf_counter() + longest
        while 0 < ALLOWED.unpack(self._map[:])[0] < message_id and time.perf_counter() < end:
            time.sleep(POLL)


class SteppedArm(MujocoFrankaSim):
    """The physics, one step for each state that goes out, instead of a clock of its own."""

    def run_simulation(self) -> None:
        """Only wait for the end."""
        while self.running:
            time.sleep(IDLE_POLL)

    def update_ee_transform(self, f_t_ee: Any) -> None:
        """End effector in the flange (16 numbers, by columns), carried on to link 7."""
        in_flange = np.asarray(f_t_ee, dtype=float).reshape(4, 4).T
        super().update_ee_transform((FLANGE @ in_flange).T.ravel())


class StrictRobot(FrankaSimServer):
    """One FR3 with its hand; breaking a limit ends the motion as it would on hardware."""

    _DRAIN_GATE_TIMEOUT = PATIENCE

    def __init__(self, host: str, model: str, allowance: Allowance, recorder: Recorder, *, enforce: bool) -> None:
        self._allowance, self._recorder = allowance, recorder
        super().__init__(
            host=host,
            physics_sim=SteppedArm(model_path=model),
            enforce_comm_constraints=enforce,
            enforce_motion_limits=enforce,
        )

    def _build_motion_limit_checker(self) -> MeasuringChecker:
        return MeasuringChecker(
            self._recorder.usage,
            enforce=self.enforce_motion_limits,
            joint_kinematics=self._joint_space_solver,
            joint_discontinuity_scale=self.joint_discontinuity_scale,
            protocol_version=self.protocol_version,
        )

    def reset_state(self) -> None:
        """For each client anew: the hand stands where Desk has it."""
        super().reset_state()
        self.robot_state.state["F_T_NE"] = HAND.T.ravel().tolist()
        self._refresh_ee_transform()

    def _drain_gate(self, answer_deadline: float = 0.0) -> float:
        """Once before each state: wait for the answer to the last one and for leave, then move the arm by one step."""
        begin = time.perf_counter()
        super()._drain_gate(begin + PATIENCE)
        lost = self.comm.awaiting_answer
        locked = self.comm.active
        self._recorder.tick(self.robot_state.state, locked=locked, lost=lost)
        self._allowance.wait(self.robot_state.state["message_id"], PATIENCE if locked else AT_REST)
        self.physics_sim.step()
        return time.perf_counter() - begin
