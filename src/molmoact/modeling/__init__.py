"""The architecture: vision transformer, connector, language model, and the whole as a transformers model."""

from molmoact.modeling.config import MolmoActConfig
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.modeling.register import register

__all__ = ["MolmoActConfig", "MolmoActForActionReasoning"]

register()
