"""What one camera shall deliver: model, serial, streams, options, and when it counts as sick."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from molmoact_common.yaml_config import Settings, load_settings

Model = Literal["D435", "D405"]


class StreamProfile(Settings):
    """Size (pixels) and rate (frames a second) of a stream; the device must offer exactly this."""

    width: int = Field(ge=1, le=1920)
    height: int = Field(ge=1, le=1200)
    fps: int = Field(ge=1, le=300)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}@{self.fps}"


class Calibration(Settings):
    """Intrinsics that replace the factory's (pixels); coefficients k1 k2 p1 p2 k3 of the plumb-bob model."""

    fx: float = Field(gt=0)
    fy: float = Field(gt=0)
    ppx: float
    ppy: float
    coefficients: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


class HealthLimits(Settings):
    """When a streaming camera is reported as sick.

    Attributes:
        silence: seconds without a frame after which the stream counts as lost and is started anew.
        stale: seconds; a newest frame older than this is reported.
        rate: share of the profile's rate below which the rate is reported.
        frozen_frames: identical pictures in a row that count as frozen and are published no more. A real sensor's
            noise makes two identical pictures unlikely; a simulated camera sees a standing scene twice alike, so there
            it is null (off).
        temperature: degrees Celsius of the device's processor above which it is reported; a cautious default of this
            project, not the maker's limit.
    """

    silence: float = Field(default=2.0, gt=0, le=60)
    stale: float = Field(default=0.5, gt=0, le=60)
    rate: float = Field(default=0.8, ge=0, le=1)
    frozen_frames: int | None = Field(default=15, ge=2)
    temperature: float = 60.0


class CameraConfig(Settings):
    """One camera.

    Attributes:
        model: D435 has color on an RGB module of its own; D405 has color and depth on one stereo module.
        serial: of the device; the node's parameter `serial` replaces it. Empty: must be given by the parameter.
        color: profile of the color stream, delivered as rgb8.
        depth: profile of the depth stream, where it differs from the color's (D435 only).
        aligned_depth: whether depth, aligned to the color picture, is delivered too.
        options: librealsense option names -> values for the sensor of the color stream, e.g. exposure (D435: 100 µs;
            D405: µs), gain, enable_auto_exposure; set in this order.
        calibration: intrinsics instead of the factory's.
        link_frame: frame of the housing; empty: <name>_link.
        optical_frame: frame of the pictures (z forward, x right, y down); empty: <name>_color_optical_frame.
        health: limits for diagnostics.
    """

    model: Model
    serial: str = Field(default="", pattern=r"^\w*$")
    color: StreamProfile
    depth: StreamProfile | None = None
    aligned_depth: bool = False
    options: dict[str, float] = Field(default_factory=dict)
    calibration: Calibration | None = None
    link_frame: str = ""
    optical_frame: str = ""
    health: HealthLimits = HealthLimits()

    @model_validator(mode="after")
    def _depth_fits(self) -> "CameraConfig":
        if self.depth is not None and not self.aligned_depth:
            raise ValueError("depth has a profile but aligned_depth is false; remove one or set the other")
        if self.depth is not None and self.model == "D405" and self.depth != self.color:
            raise ValueError("a D405 streams color and depth in one profile; remove depth")
        return self

    @property
    def depth_profile(self) -> StreamProfile | None:
        """Profile of the depth stream to open; None: depth is not wanted."""
        return (self.depth or self.color) if self.aligned_depth else None


def load_camera(path: Path) -> CameraConfig:
    """Read and validate a camera file.

    Raises:
        ConfigError: unreadable or not of this schema; the line names the field.
    """
    return load_settings(path, CameraConfig)
