"""The expert as a policy backend: it reads the world's snapshot of the observation's tick instead of the pictures."""

import re
from collections.abc import Iterator
from pathlib import Path

from molmoact.profile import CheckpointProfile, load_profile
from molmoact.runtime.backend import Action, BackendSettings, Preprocessed, Refused, Stage, TraceFound
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import Settings, validate
from sim_cell.cell_files import CellFiles
from sim_cell.expert import Job, State, plan_chunk, plan_path
from sim_cell.projection import trace_of
from sim_cell.shared import Control, Snapshot, SnapshotRing, attach
from sim_cell.tasks import blocks_of

NANOSECONDS_A_TICK = 1_000_000


class ExpertOptions(Settings):
    """Options of the policy file.

    Attributes:
        cell_dir: scratch directory of the running cell.
        attach_timeout: seconds to wait for its world.
    """

    cell_dir: Path
    attach_timeout: float = 30.0


def load(settings: BackendSettings) -> "ExpertBackend":
    """The backend `sim_cell.expert_backend:load` of a policy file.

    Raises:
        ConfigError: no profile, or one that the expert cannot serve.
        UnreachableError: no cell runs in `cell_dir`.
    """
    options = validate(dict(settings.options), ExpertOptions, "options of the expert")
    if not settings.profile:
        raise ConfigError("the expert has no checkpoint to lie beside; name its profile in the policy file")
    profile = load_profile(Path(settings.profile))
    control, ring = attach(options.cell_dir, options.attach_timeout)
    return ExpertBackend(profile, CellFiles(options.cell_dir), control, ring)


class ExpertBackend:
    """A `Backend` (see molmoact.runtime.backend) that solves the cell's tasks from the world's state.

    Raises:
        ConfigError: the profile asks for several arms, or for deltas that are not in the base frame's axes.
    """

    def __init__(self, profile: CheckpointProfile, files: CellFiles, control: Control, ring: SnapshotRing) -> None:
        if len(profile.arms) != 1 or profile.frame != "base" or profile.rotation != "rotation_vector":
            raise ConfigError(f"profile {profile.name}: the expert has one arm, frame base, rotation rotation_vector")
        self._profile = profile
        self._files = files
        self._control = control
        self._ring = ring

    @property
    def name(self) -> str:
        """For records."""
        return "expert"

    @property
    def profile(self) -> CheckpointProfile:
        """Units, rate, frame and views."""
        return self._profile

    def warm_up(self) -> None:
        """Nothing to do: the first answer takes as long as any."""

    def close(self) -> None:
        """Nothing to give back: the mapped files go with the process."""

    def reason(self, observation: Observation) -> Iterator[Stage]:
        """Trace and action for the state of the world at the observation's stamp."""
        yield Preprocessed()
        tick = observation.stamp_ns // NANOSECONDS_A_TICK
        snapshot = self._ring.at(tick)
        arm = observation.arms.get(self._profile.arms[0])
        if snapshot is None or arm is None:
            missing = f"snapshot of the world at tick {tick}" if snapshot is None else "state of the arm"
            yield Refused(f"the expert has no {missing}")
            return
        target = named_block(observation.instruction, tuple(self._files.scene.blocks))
        if target is None:
            yield Refused(f"instruction {observation.instruction!r} does not name exactly one block of the cell")
            return
        yield from self._answer(snapshot, arm, target)

    def _answer(self, snapshot: Snapshot, arm: ArmObservation, target: str) -> Iterator[Stage]:
        scene = self._files.scene
        job = Job(self._files.task(self._control.task).goal, scene)
        # Measured values come from the snapshot: they are of that very tick, and there in a dry run too.
        block = blocks_of(scene, snapshot.objects)[target]
        state = State(arm.commanded, snapshot.tcp[:3], arm.gripper_commanded, snapshot.opening, block)
        trace = trace_of(scene.cameras[self._profile.views[0]], plan_path(state, job))
        yield TraceFound({self._profile.arms[0]: trace}, "")
        yield Action(plan_chunk(state, job, self._profile.steps))


def named_block(instruction: str, blocks: tuple[str, ...]) -> str | None:
    """The block that the instruction names, where it names exactly one."""
    words = set(re.findall(r"[a-z]+", instruction.lower()))
    named = [block for block in blocks if block in words]
    return named[0] if len(named) == 1 else None
