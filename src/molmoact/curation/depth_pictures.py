"""Depth pictures of datasets and folders, as training of the codebook takes them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import pyarrow.parquet as pq
from torch import Tensor
from torch.utils.data import Dataset

from molmoact.curation.frames import decoded_depth
from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.curation.lerobot_schema import data_path, depth_key
from molmoact.depth.codebook import network_input
from molmoact.depth.pictures import from_metric
from molmoact_common.errors import ConfigError


class DepthPictures(Dataset[Tensor]):
    """Measured depth of datasets, and 8-bit depth pictures (near is bright) of folders; decoded when asked for.

    Raises:
        ConfigError: a place holds neither.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self._measured: list[tuple[bytes, float]] = []
        self._files: list[Path] = []
        for place in places:
            if (place / "meta/info.json").is_file():
                self._add_dataset(LeRobotDataset.open(place))
            elif found := sorted(place.glob("*.png")):
                self._files += found
            else:
                raise ConfigError(
                    f"{place} is no dataset and holds no PNG; name datasets with depth, or folders of them"
                )

    def __len__(self) -> int:
        return len(self._measured) + len(self._files)

    def __getitem__(self, index: int) -> Tensor:
        """As the network gets it, float32 (1, 320, 320) in 0..1."""
        if index < len(self._measured):
            png, unit = self._measured[index]
            return network_input(from_metric(decoded_depth(png), unit))
        path = self._files[index - len(self._measured)]
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ConfigError(f"cannot read {path} as a picture; remove it")
        return network_input(picture)

    def _add_dataset(self, dataset: LeRobotDataset) -> None:
        column = depth_key(dataset.profile.views[0])
        feature = dataset.info["features"].get(column)
        if feature is None:
            raise ConfigError(f"{dataset.root} has no depth of {dataset.profile.views[0]}; leave it out")
        for number in range(len(dataset)):
            table = pq.read_table(data_path(dataset.root, number), columns=[column])
            unit = float(feature["info"]["metres_a_unit"])
            self._measured += [(picture["bytes"], unit) for picture in table.column(0).to_pylist()]
