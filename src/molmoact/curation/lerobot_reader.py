"""Reading a LeRobot v3 dataset that this project wrote: its conventions, its episodes, and their rows."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from molmoact.curation.episodes import Episode
from molmoact.curation.lerobot_schema import VERSION, data_path, depth_key, episodes_path, image_key
from molmoact.curation.lerobot_statistics import column_values
from molmoact.profile import PROFILE_FILE, CheckpointProfile, load_profile
from molmoact_common.errors import ConfigError


@dataclass(frozen=True)
class LeRobotDataset:
    """A dataset on disk.

    Attributes:
        root: its folder.
        profile: conventions of its actions.
        info: contents of info.json.
    """

    root: Path
    profile: CheckpointProfile
    info: dict[str, Any]

    @classmethod
    def open(cls, root: Path) -> "LeRobotDataset":
        """Open.

        Raises:
            ConfigError: no dataset, of another version, or without the profile that says what its actions mean.
        """
        try:
            info = json.loads((root / "meta/info.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{root} is no dataset ({error}); make one with `molmoact data convert`") from error
        if info.get("codebase_version") != VERSION:
            raise ConfigError(f"{root} is of LeRobot version {info.get('codebase_version')}; {VERSION} is needed")
        return cls(root, load_profile(root / "meta" / PROFILE_FILE), info)

    def __len__(self) -> int:
        return int(self.info["total_episodes"])

    @cached_property
    def table(self) -> list[dict[str, Any]]:
        """The table of episodes."""
        return pq.read_table(episodes_path(self.root)).to_pylist()

    def actions(self, number: int) -> NDArray[np.float64]:
        """Actions of one episode, shape (N, 7 * arms), without reading its pictures."""
        return column_values(pq.read_table(data_path(self.root, number), columns=["action"]).column(0))

    def episode(self, number: int) -> Episode:
        """One episode with its pictures, still encoded.

        Raises:
            ConfigError: its file is absent or broken.
        """
        try:
            table = pq.read_table(data_path(self.root, number))
        except (OSError, pa.ArrowInvalid) as error:
            raise ConfigError(f"cannot read episode {number} of {self.root}: {error}; convert it again") from error
        entry, arms = self.table[number], len(self.profile.arms)
        depth = depth_key(self.profile.views[0])
        feature = self.info["features"].get(depth)
        return Episode(
            source=entry["source"],
            instruction=entry["tasks"][0],
            views={view: _pictures(table.column(image_key(view))) for view in self.profile.views},
            depth=_pictures(table.column(depth)) if feature else [],
            depth_unit=feature["info"]["metres_a_unit"] if feature else 0.0,
            stamps_ns=np.asarray(table.column("observation.stamp_ns")),
            steps=np.asarray(table.column("observation.command_step")),
            measured=column_values(table.column("observation.state")).reshape(-1, arms, 8),
            commanded=column_values(table.column("observation.commanded")).reshape(-1, arms, 8),
            actions=column_values(table.column("action")),
            hands=column_values(table.column("observation.hand")).reshape(-1, arms, 2),
        )


def _pictures(column: pa.ChunkedArray) -> list[bytes]:
    return [picture["bytes"] for picture in column.to_pylist()]
