"""AdamW over three groups of parameters, each with its own learning rate and its own bound on the gradient."""

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from molmoact.training.recipe import Optimisation

GROUPS = ("llm", "connector", "vision")


def group_of(name: str) -> str:
    """Which group a parameter belongs to, by its name in a checkpoint or in a module that wraps one.

    The embeddings of the image tokens go with the connector, as they were learnt with it.
    """
    if "image_vit" in name:
        return "vision"
    return "connector" if "vision_backbone" in name or "wte.new_embedding" in name else "llm"


def make_optimiser(parameters: Iterable[tuple[str, Tensor]], settings: Optimisation) -> torch.optim.AdamW:
    """An optimiser over those that need a gradient; groups without any are left out."""
    grouped: dict[str, list[Tensor]] = {name: [] for name in GROUPS}
    for name, parameter in parameters:
        if parameter.requires_grad:
            grouped[group_of(name)].append(parameter)
    groups = [{"params": members, "name": name, "lr": 0.0} for name, members in grouped.items() if members]
    return torch.optim.AdamW(groups, betas=settings.betas, eps=settings.epsilon, weight_decay=0.0)


def learning_rate(peak: float, step: int, steps: int, settings: Optimisation) -> float:
    """Rate of a step.

    Args:
        peak: at the end of the warm-up.
        step: counted from 1.
        steps: at which the floor is reached; it stays there.
        settings: warm-up and floor.
    """
    if step <= settings.warm_up:
        return peak * step / settings.warm_up
    if step >= steps:
        return peak * settings.floor
    done = (step - settings.warm_up) / (steps - settings.warm_up)
    return peak * (settings.floor + (1 - settings.floor) * 0.5 * (1 + math.cos(math.pi * done)))


def set_rates(optimiser: torch.optim.Optimizer, step: int, steps: int, settings: Optimisation) -> dict[str, float]:
    """Set every group's rate for a step; group -> rate."""
    peaks = settings.rates.model_dump()
    rates = {}
    for group in optimiser.param_groups:
        group["lr"] = rates[group["name"]] = learning_rate(peaks[group["name"]], step, steps, settings)
    return rates


def clip(optimiser: torch.optim.Optimizer, largest: float) -> Mapping[str, float]:
    """Scale each group's gradient down to `largest`; group -> norm before."""
    norms = {}
    for group in optimiser.param_groups:
        norm = nn.utils.clip_grad_norm_(group["params"], largest)
        # a sharded norm is known to all processes only when it is put together
        norms[group["name"]] = float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)
    return norms
