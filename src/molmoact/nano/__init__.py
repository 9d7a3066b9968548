"""The nano model: the published architecture and protocol at a size that two cores train in an hour or two."""

from molmoact.nano.checkpoint import VisionVariant, make_nano_checkpoint

__all__ = ["VisionVariant", "make_nano_checkpoint"]
