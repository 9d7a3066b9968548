"""What a page may say: one schema for each message, told apart by `type`; anything else is refused."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from molmoact_common.yaml_config import Settings
from steering_ui.errors import RefusedError

MOST_CHARACTERS = 4096
"""Of one message; the longest sensible one, an instruction or two traces, is far below."""

Coordinate = Annotated[int, Field(ge=0, le=255)]
Points = Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(min_length=1, max_length=5)]
Name = Annotated[str, Field(max_length=64)]


class Message(Settings):
    """What every message has: the connection that it was made for, and a number that rises within it."""

    connection: Name
    seq: int = Field(ge=1)


class Heartbeat(Message):
    """The page is alive."""

    type: Literal["heartbeat"]


class TakeControl(Message):
    """This page wants the controls."""

    type: Literal["take_control"]


class ReleaseControl(Message):
    """This page gives the controls back."""

    type: Literal["release_control"]


class Instruct(Message):
    """What the robot shall do."""

    type: Literal["instruct"]
    text: str = Field(min_length=1, max_length=500)


class Steer(Message):
    """Drawn traces, arm -> points in 0..255 of the image that the model sees; none: plan for yourself again."""

    type: Literal["steer"]
    traces: dict[Name, Points] = Field(max_length=2)


class Order(Message):
    """One of the bridge's calls that lead to motion."""

    type: Literal["order"]
    name: Literal["start", "recover", "home"]


class Speed(Message):
    """Share of every speed cap."""

    type: Literal["speed"]
    factor: float = Field(ge=0.05, le=1.0)


class Approval(Message):
    """Whether each chunk waits for a person ("ask") or goes on by itself ("pass")."""

    type: Literal["approval"]
    mode: Literal["ask", "pass"]


class Decide(Message):
    """The answer to a waiting chunk; `rows`: only so many of its first rows."""

    type: Literal["decide"]
    sequence: int = Field(ge=0)
    verdict: Literal["approve", "reject"]
    rows: int | None = Field(default=None, ge=1, le=64)


class Hold(Message):
    """Stand still, without latching a stop."""

    type: Literal["hold"]


class Resume(Message):
    """Go on after a hold."""

    type: Literal["resume"]


class Record(Message):
    """An order to the recorder."""

    type: Literal["record"]
    action: Literal["start", "keep", "discard", "redo", "mark_success", "mark_failure"]
    instruction: str = Field(default="", max_length=500)
    note: str = Field(default="", max_length=200)


Command = (
    Heartbeat
    | TakeControl
    | ReleaseControl
    | Instruct
    | Steer
    | Order
    | Speed
    | Approval
    | Decide
    | Hold
    | Resume
    | Record
)
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])


def parse(text: str) -> Command:
    """The message that `text` is.

    Raises:
        RefusedError: too long, no JSON, no known type, or a field that its schema refuses.
    """
    if len(text) > MOST_CHARACTERS:
        raise RefusedError(f"a message of {len(text)} characters; {MOST_CHARACTERS} at most")
    try:
        return _COMMANDS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RefusedError(f"malformed message: {where or 'whole'}: {first['msg']}") from error
