"""Parameters of the steering node."""

from pydantic import Field

from molmoact_common.yaml_config import Settings

TOKEN_VARIABLE = "MOLMOACT_STEERING_TOKEN"
"""Environment variable with the token of the login; not set: a new one at each start, which the node prints."""


class SteeringParameters(Settings):
    """Parameters of the node; names are separated by commas."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0: every interface, so that others see it")
    port: int = Field(8765, ge=0, le=65535, description="port of the page; 0: any that is free")
    names: str = Field("", description="further names under which browsers reach this machine")
    arms: str = Field("arm", description="arms, in the order of the bridge's")
    cameras: str = Field("front,wrist", description="cameras, the one with the trace first")
    relay: bool = Field(False, description="chunks come as policy/proposal and go on as policy/chunk")
    ask: bool = Field(False, description="each chunk waits for a yes from the start on")
    approval_limit: float = Field(
        9.5, gt=0, description="seconds after its observation in which a chunk can be approved"
    )
    patience: float = Field(
        1.0, ge=0.5, le=10, description="seconds without a sign of life: the controlling page is lost"
    )
    checkpoint: str = Field(
        "", description="folder of the checkpoint, whose codebook turns depth tokens into a picture"
    )


def listed(names: str) -> tuple[str, ...]:
    """The names in a parameter."""
    return tuple(name.strip() for name in names.split(",") if name.strip())
