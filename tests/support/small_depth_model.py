"""A Depth-Anything model of a few thousand random weights, built from its configuration."""

import torch
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config


def small_depth_model() -> DepthAnythingForDepthEstimation:
    """Always the same."""
    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32, image_size=28, patch_size=14,
        out_indices=[1, 2, 3, 4], apply_layernorm=True, reshape_hidden_states=False,
    )  # fmt: skip
    config = DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=16, patch_size=14, neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8, head_hidden_size=8, depth_estimation_type="relative",
    )  # fmt: skip
    return DepthAnythingForDepthEstimation(config)
