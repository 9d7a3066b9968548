"""How takes are converted: which are wanted, and what counts as a fault."""

from typing import Literal

from pydantic import Field

from molmoact.curation.no_ops import NoOpLimits
from molmoact_common.yaml_config import Settings


class ConversionSettings(Settings):
    """Choices of a conversion.

    Attributes:
        keep_unmarked: take in what nobody and no simulator judged.
        keep_failures: take in failures.
        no_ops: limits below which a step is dropped; None keeps every step.
        view_tolerance: largest spread of the exposures of one row, seconds; the policy node's default.
        view_age: a row whose pictures are older than this when its step is commanded is a gap, seconds.
        clock_skew: stamps of a topic that are this far from the time of their arrival are of another clock, seconds.
        anchor_slack: the command may differ by this much between a step's end and the next one's start, metres.
        least_rows: an episode of fewer steps is refused.
        depth: take the aligned depth of the first view where it was recorded.
        calibrated: refuse a take whose first view has no calibration; off, its traces need another source.
        images: png keeps every pixel; jpeg (quality 95) is a tenth of it.
    """

    keep_unmarked: bool = False
    keep_failures: bool = False
    no_ops: NoOpLimits | None = NoOpLimits()
    view_tolerance: float = Field(default=0.035, gt=0, le=1)
    view_age: float = Field(default=0.2, gt=0, le=10)
    clock_skew: float = Field(default=5.0, gt=0)
    anchor_slack: float = Field(default=0.001, gt=0)
    least_rows: int = Field(default=8, ge=1)
    depth: bool = True
    calibrated: bool = True
    images: Literal["png", "jpeg"] = "png"
