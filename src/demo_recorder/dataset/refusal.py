"""Why a take does not become an episode."""

from enum import StrEnum

from molmoact_common.errors import UserError


class Reason(StrEnum):
    """Kinds of refusal, as a report counts them."""

    TRASH = "discarded take"
    UNREADABLE = "truncated or unreadable bag"
    MISSING_TOPIC = "missing topic"
    WRONG_TYPE = "wrong message type"
    INSTRUCTION = "no instruction, or several"
    UNMARKED = "neither success nor failure is known"
    FAILURE = "failure"
    CALIBRATION = "view without calibration"
    TWO_CLOCKS = "two clocks"
    VIEW_GAP = "pictures missing"
    STATE_GAP = "arm states missing"
    MOVED_OTHERWISE = "arm moved by something else between two steps"
    TOO_SHORT = "too few steps"
    OTHER_PICTURES = "pictures unlike those of the dataset"


class RefusedTakeError(UserError):
    """A take was refused; the others go on."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
