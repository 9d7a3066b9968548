"""A depth codebook that needs no training: code k is grey level k of 128, the mean over its 32 x 32 pixels."""

import torch
from torch import Tensor, nn

from molmoact.depth.vqvae import DepthVqVae, VqVaeSize


@torch.no_grad()
def grey_level_codebook() -> DepthVqVae:
    """The published network at its smallest, with weights set so that only the first channel carries anything."""
    network = DepthVqVae(VqVaeSize(hidden=1, code_width=1))
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.weight.zero_()
            if module.bias is not None:
                module.bias.zero_()
    for layer in (*network.encoder, *network.decoder):  # residual blocks stay at zero: their shortcut passes all on
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.weight[0, 0] = _kernel(layer)
    state = network.state_dict()
    levels = network.size.codes
    state["_vq_vae._embedding"] = (torch.arange(levels)[:, None] + 0.5) / levels
    network.load_state_dict(state)
    return network


def _kernel(layer: nn.Conv2d | nn.ConvTranspose2d) -> Tensor:
    """Mean of 2 x 2 pixels on the way down, a repeat of each on the way up, and nothing of the borders beyond."""
    if layer.kernel_size == (1, 1):
        return torch.ones(1, 1)
    kernel = torch.zeros(4, 4)
    kernel[1:3, 1:3] = 0.25 if isinstance(layer, nn.Conv2d) else 1.0
    return kernel
