"""What rows are made, and from what."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from molmoact.curation.rows import Kind
from molmoact.profile import Resize
from molmoact.protocol.wording import Wording
from molmoact_common.yaml_config import Settings


class CurationSettings(Settings):
    """Choices of a curation.

    Attributes:
        key: name of the statistics, as `norm_stats` of the checkpoint will have it; empty: the dataset's folder.
        kinds: sets of rows.
        depth: measured by the camera or the simulator, estimated from colour, or none (then no depth codes).
        codebook: the depth network, `vae.safetensors` or `vae-final.pt`; where there is depth.
        depth_model: folder of a Depth-Anything model; where depth is estimated.
        answers: file of a pointing model's answers (see `molmoact.curation.pointing`), in place of projected hands.
        tokenizer: folder of the checkpoint whose action symbols are written; None: the published table.
        wording: of reasoning answers; None: that of the released checkpoints.
        steps: of a chunk; None: the profile's.
        resize: at which the model will see the views; None: the profile's.
    """

    key: str = ""
    kinds: tuple[Kind, ...] = Field(default=tuple(Kind), min_length=1)
    depth: Literal["measured", "estimated", "none"] = "measured"
    codebook: Path | None = None
    depth_model: Path | None = None
    answers: Path | None = None
    tokenizer: Path | None = None
    wording: Wording | None = None
    steps: int | None = Field(default=None, ge=1, le=64)
    resize: Resize | None = None

    @model_validator(mode="after")
    def _depth_has_what_it_takes(self) -> "CurationSettings":
        if self.depth != "none" and self.codebook is None:
            raise ValueError("depth codes need a codebook (a checkpoint's vae file); name one, or say depth: none")
        if self.depth == "estimated" and self.depth_model is None:
            raise ValueError("estimated depth needs depth_model, the folder of a Depth-Anything model")
        needing = [kind for kind in self.kinds if kind in (Kind.REASONING, Kind.DEPTH)]
        if self.depth == "none" and needing:
            raise ValueError(f"rows of kind {needing[0]} need depth; choose a depth source, or leave them out")
        return self
