"""From pictures and text to the model's inputs, as a transformers processor."""

from molmoact.processing.image import MolmoActImageProcessor
from molmoact.processing.processor import MolmoActProcessor

__all__ = ["MolmoActImageProcessor", "MolmoActProcessor"]
