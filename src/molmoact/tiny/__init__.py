"""A small checkpoint of the published format with random weights: every part of the real thing at a millionth."""

from molmoact.tiny.checkpoint import make_tiny_checkpoint

__all__ = ["make_tiny_checkpoint"]
