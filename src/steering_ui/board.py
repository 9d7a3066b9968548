"""What the page shows, in named parts; a connection asks for those that changed since it last looked."""

import json
from collections.abc import Iterator
from typing import Any


class Board:
    """Parts as JSON, each with a number that rises when it changes. One thread uses it."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[int, str]] = {}
        self._number = 0

    def put(self, name: str, value: Any) -> None:
        """Show `value`, made of what JSON knows, as the part `name`.

        Raises:
            ValueError: a number in it is none.
        """
        text = json.dumps({"type": "part", "name": name, "value": value}, separators=(",", ":"), allow_nan=False)
        if self._parts.get(name, (0, ""))[1] != text:
            self._number += 1
            self._parts[name] = (self._number, text)

    def news(self, since: dict[str, int]) -> Iterator[str]:
        """The parts that are newer than `since` (name -> number), which is brought up to date."""
        for name, (number, text) in self._parts.items():
            if since.get(name, 0) < number:
                since[name] = number
                yield text
