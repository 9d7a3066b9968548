"""A policy backend in the place of a hand: the scripted expert of the cell, demonstrating through teleoperation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from demo_recorder.teleop.devices import ArmView, DeviceLostError, Reading, Speeds
from molmoact.policy_config import backend_settings, load_policy_config
from molmoact.runtime.backend import Action, Backend, Refused
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.chunks import DOF_PER_ARM
from molmoact_common.errors import ConfigError, UserError
from molmoact_common.plugins import load_factory
from molmoact_common.ros.nodes import share_directory
from molmoact_common.ros.stamps import NANOSECONDS
from molmoact_common.yaml_config import Settings, validate


class ScriptedOptions(Settings):
    """Options.

    Attributes:
        policy: a name in the installed config/policy, or a YAML file; its backend must need no pictures.
        instruction: what is to be done.
        options: of the backend, as `cell_dir`.
        look_again: steps, or their time, after which another answer is asked for.
    """

    policy: str = "expert"
    instruction: str = Field(min_length=1)
    options: dict[str, Any] = Field(default_factory=dict)
    look_again: int = Field(default=4, ge=1)


class Scripted:
    """A device (see `Device`) that asks a backend again every few steps, and gives its rows as deflections."""

    def __init__(self, backend: Backend, options: ScriptedOptions, speeds: Speeds) -> None:
        """`speeds`: what a full deflection means; a row that is faster is made at full speed.

        Raises:
            ConfigError: the backend's steps are not those of teleoperation.
        """
        profile = backend.profile
        if abs(profile.step_period - speeds.step_period) > 1e-3 or profile.frame != "base":
            raise ConfigError(
                f"profile {profile.name} has steps of {profile.step_period:g} s in frame {profile.frame}; "
                f"set step_period to that, and choose a profile in frame base"
            )
        self._backend, self._options, self._speeds = backend, options, speeds
        self._rows: NDArray[np.float64] | None = None
        self._first_step = self._asked_ns = 0
        self._rested = False

    def read(self, now_ns: int, arm: str, views: Mapping[str, ArmView]) -> Reading:
        """See `Device`. The first reading is at rest, as that of any device that was just taken up."""
        if not self._rested:
            self._rested = True
            return Reading()
        row = self._row(views)
        if row is None:
            return Reading()
        column = self._backend.profile.arms.index(arm) * DOF_PER_ARM
        delta = row[column : column + DOF_PER_ARM]
        period = self._speeds.step_period
        return Reading(
            translation=delta[:3] / (self._speeds.translation * period),
            rotation=delta[3:6] / (self._speeds.rotation * period),
            held=True,
            gripper=float(delta[6]),
        )

    def close(self) -> None:
        """See `Device`."""
        self._backend.close()

    def _row(self, views: Mapping[str, ArmView]) -> NDArray[np.float64] | None:
        step = max(view.command_step for view in views.values())
        now_ns = max(view.stamp_ns for view in views.values())
        if self._is_spent(step, now_ns):
            self._rows, self._first_step, self._asked_ns = self._answer(step, views), step, now_ns
        return None if self._rows is None else self._rows[step - self._first_step]

    def _is_spent(self, step: int, now_ns: int) -> bool:
        """By its steps, or by time: a row that asks for nothing makes no step."""
        known = 0 if self._rows is None else min(self._options.look_again, len(self._rows))
        patience_ns = self._options.look_again * self._speeds.step_period * NANOSECONDS
        return not 0 <= step - self._first_step < known or abs(now_ns - self._asked_ns) >= patience_ns

    def _answer(self, step: int, views: Mapping[str, ArmView]) -> NDArray[np.float64] | None:
        """The rows of a new answer; none where the backend has nothing to say yet."""
        arms = {
            name: ArmObservation(view.measured, view.commanded, view.gripper_opening, view.gripper_commanded)
            for name, view in views.items()
        }
        stamp_ns = max(view.stamp_ns for view in views.values())
        observation = Observation(stamp_ns // 1_000_000, stamp_ns, {}, self._options.instruction, step, arms)
        for stage in self._backend.reason(observation):
            if isinstance(stage, Refused):
                return None
            if isinstance(stage, Action):
                return stage.deltas
        return None


def open_scripted(options: dict[str, Any], speeds: Speeds, arms: tuple[str, ...]) -> Scripted:
    """Factory; see `Device`.

    Raises:
        ConfigError: an option that there is not, or a backend of other steps.
        DeviceLostError: the backend cannot be loaded: no cell runs there.
    """
    settings = validate(options, ScriptedOptions, "options of the scripted device")
    named = not settings.policy.endswith((".yaml", ".yml"))
    source = share_directory() / "config/policy" / f"{settings.policy}.yaml" if named else Path(settings.policy)
    config = load_policy_config(source)
    try:
        backend: Backend = load_factory(config.backend)(backend_settings(config, source, options=settings.options))
    except ConfigError:
        raise
    except UserError as error:
        raise DeviceLostError(str(error)) from error
    return Scripted(backend, settings, speeds)
