"""A cursor over an answer's text whose every failed step names the place where it failed."""

import re


class AnswerError(ValueError):
    """An answer broke a rule: the message names the place and the rule, in one line."""


class Scanner:
    """Reads `text` from left to right."""

    def __init__(self, text: str, position: int = 0) -> None:
        self.text = text
        self.position = position

    def accept(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Move past `pattern` if it stands here."""
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()
        return match

    def expect(self, pattern: re.Pattern[str], place: str, wanted: str) -> re.Match[str]:
        """Move past `pattern`, which must stand here.

        Raises:
            AnswerError: it does not; says what was `wanted` at `place` and what stands there.
        """
        match = self.accept(pattern)
        if match is None:
            raise AnswerError(f"{place}: expected {wanted}, found {self.here()}")
        return match

    def here(self) -> str:
        """What stands at the cursor, shortened, for a message."""
        rest = self.text[self.position : self.position + 25]
        return repr(rest) if rest else "the end of the text"
