"""What the gate, the watchdog and the people in charge hold a robot to: the schema of config/safety/*.yaml."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from franka_bridge.config import Positive, Share, Three
from molmoact_common.yaml_config import Settings


class SafetyConfig(Settings):
    """What the gate and the watchdog hold; lengths in each arm's base frame.

    Attributes:
        speed_cap: m/s of the TCP (reduced speed of ISO 10218-1; no compliance is claimed).
        turn_cap: rad/s of the TCP (the speed cap on a lever of a quarter of a metre).
        speed_factor: 0.05..1, scales both caps and stretches time; lengths stay.
        max_row_translation: metres; a chunk with a longer row is nonsense and refused (LIBERO's largest is 0.05).
        max_row_rotation: rad, the same (LIBERO's largest is 0.5).
        workspace_lower: corner of the box that the TCP stays in.
        workspace_upper: the opposite corner.
        table_height: z of the table's plane.
        table_clearance: the TCP stays this far above it.
        leash_translation: metres that the measured TCP may be away from the commanded one; at the cap an arm lags by
            56 mm (fr3.yaml).
        leash_rotation: rad, the same.
        leash_patience: seconds to wait for an arm on its leash before the chunk is given up.
        leash_chunks: so many given up in a row, and the bridge stops: the arm is not where the policy believes it is.
        braking: m/s2 with which an arm is sure to brake before a wall of the box and the table (fr3.yaml's planner has
            0.07 of 9).
        joint_margin: rad that each joint keeps from the ends of its range.
        joint_speed: share of the robot's own limit that a joint may have, mean over a step; within a step the planner
            sways by less than two.
        singularity_slow: condition number of the Jacobian (metres and radians as they are) from which on the caps
            shrink: some millimetres before the arm is stretched.
        singularity_stop: condition number that no target reaches.
        arms_apart: metres between two arms.
        wrench_force: N of external force beyond its value at start at which a chunk is given up.
        wrench_torque: Nm, the same.
        max_age_holding: seconds; an older observation's chunk is refused while the arm holds.
        max_age_running: the same while a chunk is being commanded (async).
        watchdog: seconds of the robot's own time without a beat of the timeline (MoveIt Servo's figure).
        stall: seconds of the graph's clock that a robot's own may stand still; longer than the one in which libfranka
            notices silence.
        presence: "required": the policy moves the arms only while somebody holds a dead-man switch.
        presence_patience: seconds that a report of the switch is good for (three at 10 Hz).
        operator_patience: seconds after an operator's chunk in which the policy's are refused.
    """

    speed_cap: float = Field(default=0.25, gt=0, le=1.0)
    turn_cap: float = Field(default=1.0, gt=0, le=2.5)
    speed_factor: float = Field(default=1.0, ge=0.05, le=1.0)
    max_row_translation: float = Field(default=0.06, gt=0, le=0.2)
    max_row_rotation: float = Field(default=0.6, gt=0, le=1.6)
    workspace_lower: Three = (0.2, -0.45, 0.0)
    workspace_upper: Three = (0.75, 0.45, 0.75)
    table_height: float = 0.0
    table_clearance: float = Field(default=0.005, ge=0)
    leash_translation: Positive = 0.075
    leash_rotation: Positive = 0.3
    leash_patience: Positive = 1.0
    leash_chunks: int = Field(default=3, ge=1)
    braking: float = Field(default=0.5, gt=0, le=9.0)
    joint_margin: float = Field(default=0.1, ge=0, le=0.5)
    joint_speed: Share = 0.5
    singularity_slow: float = Field(default=100.0, gt=1)
    singularity_stop: float = Field(default=200.0, gt=1)
    arms_apart: float = Field(default=0.03, ge=0)
    wrench_force: Positive = 20.0
    wrench_torque: Positive = 5.0
    max_age_holding: Positive = 10.0
    max_age_running: Positive = 3.0
    watchdog: float = Field(default=0.1, ge=0.02, le=1.0)
    stall: float = Field(default=1.5, gt=1.0, le=5.0)
    presence: Literal["off", "required"] = "off"
    presence_patience: float = Field(default=0.3, ge=0.1, le=1.0)
    operator_patience: float = Field(default=0.5, gt=0, le=5.0)

    @field_validator("presence", mode="before")
    @classmethod
    def _off_is_a_word(cls, value: object) -> object:
        return "off" if value is False else value  # as YAML reads it without quotes

    @model_validator(mode="after")
    def _box_is_not_empty(self) -> "SafetyConfig":
        pairs = zip(self.workspace_lower, self.workspace_upper, strict=True)
        if any(low >= high for low, high in pairs):
            raise ValueError("each number of workspace_lower must be below that of workspace_upper")
        if self.table_height + self.table_clearance >= self.workspace_upper[2]:
            raise ValueError("the table's plane must lie below the top of the workspace")
        if self.singularity_slow >= self.singularity_stop:
            raise ValueError("singularity_slow must be below singularity_stop")
        return self
