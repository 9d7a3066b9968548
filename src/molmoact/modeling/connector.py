"""From patch features to vectors that stand in the language model's prompt: 2x2 pooling by attention, projection."""

import torch
from torch import Tensor, nn
from transformers.activations import ACT2FN

from molmoact.modeling.config import MolmoActAdapterConfig, MolmoActVitConfig
from molmoact.modeling.vision import MultiHeadAttention, VisionTransformer


class ImageProjector(nn.Module):
    """Gated MLP from the vision width to the language width."""

    def __init__(self, config: MolmoActAdapterConfig) -> None:
        super().__init__()
        self.w1 = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.w2 = nn.Linear(config.intermediate_size, config.text_hidden_size, bias=False)
        self.w3 = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.act = ACT2FN[config.hidden_act]

    def forward(self, x: Tensor) -> Tensor:
        """Shape (vectors, vision hidden) -> (vectors, language hidden)."""
        return self.w2(self.act(self.w1(x)) * self.w3(x))


def gather_windows(features: Tensor, indices: Tensor) -> Tensor:
    """The four patch features of every pooling window that is real, zeros where a window reaches over the edge.

    Args:
        features: shape (batch, crops * patches, values).
        indices: int64, shape (batch, windows, 4); negative: no patch. Windows without any patch are padding.

    Returns:
        Shape (real windows of the whole batch, 4, values).
    """
    rows = torch.arange(features.shape[0], device=features.device)[:, None, None]
    gathered = features[rows, indices.clamp(min=0)] * (indices >= 0)[..., None].to(features.dtype)
    return gathered[(indices >= 0).any(-1)]


class VisionBackbone(nn.Module):
    """Vision transformer, pooling and projection.

    `pad_embed` is used where a checkpoint has it and the caller gives masks. Published training gave them, published
    inference does not.
    """

    def __init__(self, vit: MolmoActVitConfig, adapter: MolmoActAdapterConfig, layers: tuple[int, ...]) -> None:
        super().__init__()
        joined = vit.hidden_size * len(layers)
        self.image_vit = VisionTransformer(vit, layers)
        self.image_pooling_2d = MultiHeadAttention(adapter, joined)
        self.image_projector = ImageProjector(adapter)
        if adapter.image_padding_embed is not None:
            self.pad_embed = nn.Parameter(torch.zeros(2, joined))

    def forward(self, images: Tensor, pooled_patches_idx: Tensor, image_masks: Tensor | None = None) -> Tensor:
        """The vectors that are added to the embeddings of the image-patch tokens.

        Args:
            images: shape (batch, crops, patches, 588), normalised pixels; crops of padding hold any value.
            pooled_patches_idx: int64, shape (batch, windows, 4), indices into crops * patches; negative: none.
            image_masks: shape (batch, crops, patches), share of a patch that is picture; None: padding is not marked.

        Returns:
            Shape (real windows of the whole batch, language hidden), in the order of the tokens.
        """
        batch, crops = images.shape[:2]
        features = self.image_vit(images.flatten(0, 1)).unflatten(0, (batch, crops)).flatten(1, 2)
        if image_masks is not None and hasattr(self, "pad_embed"):
            features = features + self._padding(image_masks.flatten(1, 2))
        windows = gather_windows(features, pooled_patches_idx)
        # The mean counts zeros and the attention has no mask: so were the published weights trained.
        query = windows.mean(dim=1, keepdim=True)
        return self.image_projector(self.image_pooling_2d(query, windows).squeeze(1))

    def _padding(self, masks: Tensor) -> Tensor:
        """What is added to the features: the first row of pad_embed where all is padding, the second where some is."""
        wholly = (masks == 0)[..., None].to(self.pad_embed.dtype)
        partly = ((masks > 0) & (masks < 1))[..., None].to(self.pad_embed.dtype)
        return wholly * self.pad_embed[0] + partly * self.pad_embed[1]
