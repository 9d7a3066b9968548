"""The expert as a policy backend: it reads the world's snapshot of the observation's tick instead of the pictures."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from molmoact.profile import CheckpointProfile, load_profile
from molmoact.runtime.backend import Action, BackendSettings, Preprocessed, Refused, Stage, TraceFound
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import Settings, validate
from sim_cell.cell_files import CellFiles
from sim_cell.expert import State
from sim_cell.orders import Order, order_for
from sim_cell.projection import trace_of
from sim_cell.scoring import hands_of
from sim_cell.shared import Control, Snapshot, SnapshotRing, attach
from sim_cell.teamwork import plan_chunk, plan_paths

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
        ConfigError: the profile's arms are not the scene's, or its deltas not in the base frame's axes.
    """

    def __init__(self, profile: CheckpointProfile, files: CellFiles, control: Control, ring: SnapshotRing) -> None:
        arms = tuple(files.scene.arms)
        if profile.arms != arms:
            named, there = ", ".join(profile.arms), ", ".join(arms)
            raise ConfigError(
                f"profile {profile.name} is for arms {named}, the cell has {there}; choose another policy"
            )
        if profile.frame != "base" or profile.rotation != "rotation_vector":
            raise ConfigError(f"profile {profile.name}: the expert has frame base, rotation rotation_vector")
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
        silent = [arm for arm in self._profile.arms if arm not in observation.arms]
        if snapshot is None or silent:
            missing = f"snapshot of the world at tick {tick}" if snapshot is None else f"state of {', '.join(silent)}"
            yield Refused(f"the expert has no {missing}")
            return
        episode = self._files.episode(self._control.task, self._control.seed)
        order = order_for(episode, self._files.scene, observation.instruction, snapshot)
        if isinstance(order, str):
            yield Refused(order)
            return
        yield from self._answer(order, self._states(order, snapshot, observation.arms))

    def _states(self, order: Order, snapshot: Snapshot, arms: Mapping[str, ArmObservation]) -> dict[str, State]:
        """Measured values come from the snapshot: they are of that very tick, and there in a dry run too."""
        states = {}
        for arm, hand in hands_of(self._files.scene, snapshot).items():
            base = self._files.scene.arms[arm].base_pose.inverse()
            commanded, gripper = arms[arm].commanded, arms[arm].gripper_commanded
            place = base @ order.places[arm]
            states[arm] = State(commanded, (base @ hand.tcp).position, gripper, hand.opening, place)
        return states

    def _answer(self, order: Order, states: Mapping[str, State]) -> Iterator[Stage]:
        scene = self._files.scene
        camera = scene.cameras[self._profile.views[0]]
        paths = plan_paths(states, order.job)
        yield TraceFound({arm: trace_of(camera, path + scene.arms[arm].base) for arm, path in paths.items()}, "")
        yield Action(plan_chunk(states, order.job, self._profile.steps))
