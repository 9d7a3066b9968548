"""A look at one episode of a dataset on one page, made so that a wrong sign, frame or gripper meets the eye."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from molmoact.curation.episodes import ACTION_NUMBERS, Array, Episode, pose_of
from molmoact.curation.frames import decoded, decoded_depth, traces_of
from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.depth.pictures import from_metric
from molmoact.profile import CheckpointProfile
from molmoact.traces import draw_for_display
from molmoact_common.errors import ConfigError
from molmoact_common.poses import compose_delta

MOMENTS = 6
"""Rows of the episode whose pictures are shown."""

_COLOURS = ("#c05621", "#2f855a", "#2b6cb0")


def draw_contact_sheet(root: Path, number: int, output: Path) -> None:
    """Draw an episode.

    Pictures over time with the trace that is left, depth (near is bright); below, for each arm, where its hand was
    measured and where the actions lead when they are composed from the start, the gripper, and each action's spread.

    Args:
        root: folder of the dataset.
        number: of the episode.
        output: PNG.

    Raises:
        ConfigError: no dataset, no such episode, or the file cannot be written.
    """
    dataset = LeRobotDataset.open(root)
    if number >= len(dataset):
        raise ConfigError(f"{root} has episodes 0 to {len(dataset) - 1}, there is no {number}")
    episode, profile = dataset.episode(number), dataset.profile
    picture_rows, arms = len(profile.views) + bool(episode.depth), len(profile.arms)
    figure = Figure(figsize=(3 * MOMENTS, 2.4 * picture_rows + 3.2 * arms + 1), layout="constrained")
    FigureCanvasAgg(figure)
    parts: Any = figure.subfigures(1 + arms, 1, height_ratios=[2.4 * picture_rows, *[3.2] * arms])
    above, *below = parts
    _draw_pictures(above, episode)
    spread = action_statistics([dataset.actions(index) for index in range(len(dataset))])["action"]
    for arm, part in enumerate(below):
        _draw_arm(part, episode, profile, arm, spread)
    figure.suptitle(f"{episode.instruction}\n{_conventions(profile)}\n{episode.source}, {len(episode)} steps")
    try:
        figure.savefig(output, dpi=80)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot write {output}: {error}; name another file") from error


def _draw_pictures(figure: Any, episode: Episode) -> None:
    rows = np.linspace(0, len(episode) - 1, MOMENTS).astype(int)
    axes = figure.subplots(len(episode.views) + bool(episode.depth), MOMENTS, squeeze=False)
    first = next(iter(episode.views.values()))
    traces = traces_of(episode.hands, decoded(first[0]).shape[:2])
    for line, (view, pictures) in enumerate(episode.views.items()):
        for axis, row in zip(axes[line], rows, strict=True):
            image = decoded(pictures[row])
            axis.imshow(image if line else draw_for_display(image, traces[row]))
            axis.set_title(f"{view}, step {row}", fontsize=9)
    for axis, row in zip(axes[-1], rows, strict=True):
        if episode.depth:
            axis.imshow(from_metric(decoded_depth(episode.depth[row]), episode.depth_unit), cmap="gray")
            axis.set_title("depth, near is bright", fontsize=9)
    for axis in axes.ravel():
        axis.axis("off")


def _draw_arm(figure: Any, episode: Episode, profile: CheckpointProfile, arm: int, spread: dict[str, Any]) -> None:
    path, gripper, figures = figure.subplots(1, 3)
    led = composed(episode, profile, arm)
    for axis, (name, colour) in enumerate(zip("xyz", _COLOURS, strict=True)):
        path.plot(episode.measured[:, arm, axis], color=colour, label=f"{name} measured")
        path.plot(led[:, axis], color=colour, linestyle="--", label=f"{name} by the actions")
    path.set_title(f"{profile.arms[arm]}: hand in its base frame (m)")
    path.legend(fontsize=7, ncols=3, loc="lower center", bbox_to_anchor=(0.5, -0.3))
    gripper.plot(episode.measured[:, arm, 7], color=_COLOURS[2], label="measured opening (1 open)")
    gripper.step(
        np.arange(len(episode)), episode.actions[:, 7 * arm + 6], color=_COLOURS[0], label="gripper in the action"
    )
    gripper.set_title(f"gripper ({profile.gripper}: a model writes 1 - action)")
    gripper.legend(fontsize=7)
    _draw_spread(figures, episode.actions[:, 7 * arm : 7 * arm + 7], arm, spread)


def _draw_spread(axis: Any, actions: Array, arm: int, spread: dict[str, Any]) -> None:
    columns = slice(7 * arm, 7 * arm + 7)
    low, high = np.array(spread["q01"][columns]), np.array(spread["q99"][columns])
    axis.vlines(range(7), low, high, color="#a0aec0", linewidth=8, label="q01 .. q99 of the dataset")
    jitter = np.linspace(-0.2, 0.2, len(actions))
    for column in range(7):
        axis.plot(column + jitter, actions[:, column], ".", color=_COLOURS[2], markersize=3)
    axis.set_xticks(range(7), ACTION_NUMBERS, fontsize=8)
    axis.set_yscale("symlog", linthresh=0.01)
    axis.set_title("actions of this episode (points)")
    axis.legend(fontsize=7)


def composed(episode: Episode, profile: CheckpointProfile, arm: int) -> Array:
    """Positions, shape (N, 3), metres, before each step when the actions are composed from the first pose on."""
    pose, places = pose_of(episode.commanded[0, arm]), []
    for action in episode.actions[:, 7 * arm : 7 * arm + 6]:
        places.append(pose.position)
        scale = [profile.translation_scale] * 3 + [profile.rotation_scale] * 3
        pose = compose_delta(pose, action * scale, profile.frame, profile.rotation)
    return np.array(places)


def _conventions(profile: CheckpointProfile) -> str:
    return (
        f"{profile.deltas} deltas, frame {profile.frame}, {profile.rotation}, {1 / profile.step_period:.3g} steps/s, "
        f"{profile.gripper}, one unit {profile.translation_scale} m, {profile.rotation_scale} rad"
    )
