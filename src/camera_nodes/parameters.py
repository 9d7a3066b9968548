"""The parameters of a camera node, read and checked once."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camera_nodes.config import CameraConfig, load_camera
from molmoact_common.errors import ConfigError
from molmoact_common.plugins import load_factory

DEFAULTS: dict[str, str | bool] = {
    "camera_config": "",
    "name": "",
    "serial": "",
    "context_factory": "pyrealsense2:context",
    "context_options": "",
    "require": False,
}
"""Name -> default of every parameter; `Parameters` says what they mean."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """A camera node's parameters.

    Attributes:
        name: of the camera, part of its topics.
        config: content of the file `camera_config`.
        serial: of the parameter, else of the file. On a command line write one with a leading zero in quotes,
            serial:="'012345'", or ROS reads it as another number.
        context_factory: what makes the rs.context, as package.module:attribute.
        context_options: a JSON object for the factory; empty: it is called without arguments. On a command line it
            needs quotes of its own, context_options:="'{...}'".
        require: whether an absent camera ends the node at its start; else it is waited for.
    """

    name: str
    config: CameraConfig
    serial: str
    context_factory: str
    context_options: dict[str, Any]
    require: bool

    @property
    def link_frame(self) -> str:
        """Frame of the housing."""
        return self.config.link_frame or f"{self.name}_link"

    @property
    def optical_frame(self) -> str:
        """Frame of the pictures."""
        return self.config.optical_frame or f"{self.name}_color_optical_frame"

    def make_context(self) -> Any:
        """The rs.context of the factory.

        Raises:
            ConfigError: no such factory, or it refuses its options.
        """
        factory = load_factory(self.context_factory)
        return factory(self.context_options) if self.context_options else factory()


def read_parameters(values: dict[str, Any]) -> Parameters:
    """Check the values of the parameters in `DEFAULTS`.

    Raises:
        ConfigError: one is missing or wrong, or the camera file is.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", values["name"]):
        raise ConfigError(f"parameter name is {values['name']!r}; give lower-case letters, digits and underscores")
    if not values["camera_config"]:
        raise ConfigError("parameter camera_config is empty; give the path of a camera's YAML file")
    config = load_camera(Path(values["camera_config"]))
    serial = str(values["serial"]) or config.serial
    if not serial:
        raise ConfigError(f"camera {values['name']} has no serial; give it as the parameter serial or in its file")
    return Parameters(
        name=values["name"],
        config=config,
        serial=serial,
        context_factory=values["context_factory"],
        context_options=_options(values["context_options"]),
        require=values["require"],
    )


def _options(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        options = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"parameter context_options is not JSON: {error}; correct it") from error
    if not isinstance(options, dict):
        raise ConfigError(f"parameter context_options is {text!r}; give a JSON object")
    return options
