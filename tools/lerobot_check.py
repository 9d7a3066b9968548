"""Opens a dataset with the lerobot library itself, whose pins do not go with ours: `make lerobot-check DATASET=...`."""

import sys

import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset


def main(root: str) -> None:
    """Load, look at one sample and one batch; any disagreement is an exception."""
    dataset = LeRobotDataset("local/check", root=root)
    sample = dataset[len(dataset) - 1]
    missing = [name for name in dataset.features if name not in sample]
    if missing or "task" not in sample:
        raise SystemExit(f"a sample lacks {missing or 'its task'}")
    batch = next(iter(torch.utils.data.DataLoader(dataset, batch_size=min(4, len(dataset)))))
    for name, feature in dataset.features.items():
        if feature["dtype"] == "image":
            height, width, channels = feature["shape"]
            assert tuple(batch[name].shape[1:]) == (channels, height, width), name
    sys.stdout.write(f"lerobot reads {dataset.num_episodes} episodes, {len(dataset)} frames at {dataset.fps}/s\n")


if __name__ == "__main__":
    main(sys.argv[1])
