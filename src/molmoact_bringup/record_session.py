"""One sitting of `molmoact record`: keys in, the view out, at a terminal or without one."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live

from demo_recorder.takes import Command
from demo_recorder.teleop.terminal import TerminalKeys
from molmoact_bringup.record_client import RecordClient
from molmoact_bringup.record_keys import command_for, headline, picture

QUIT = "q"


class RecordSession:
    """Use as a context manager. Without a terminal there are no keys: orders come through the service alone."""

    def __init__(self, client: RecordClient, instruction: str, console: Console | None = None) -> None:
        """`instruction`: of every take that is started here."""
        self._client = client
        self._instruction = instruction
        self._console = console or Console()
        self._told = ""
        self._live: Live | None = None
        self._keys: TerminalKeys | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._keys = TerminalKeys()
            self._live = Live(console=self._console, refresh_per_second=5)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        if self._keys is not None:
            self._keys.close()

    def step(self, seconds: float) -> bool:
        """Take in what comes within `seconds`, do what the keys say, show how it stands; false: to end."""
        self._client.spin(seconds)
        pressed = self._keys.read() if self._keys is not None else ""
        for key in pressed:
            if key == QUIT:
                return False
            self.press(key)
        self._show()
        return True

    def press(self, key: str) -> None:
        """Order what a key means."""
        command = command_for(key, self._client.view.state)
        if command is None:
            return
        fields: dict[str, Any] = {"instruction": self._instruction} if command is Command.START else {}
        self._client.order(command, **fields)

    def _show(self) -> None:
        view = self._client.view
        if self._live is not None:
            self._live.update(picture(view, self._instruction, self._client.said))
            return
        told = f"{view.state.name} {view.path} {view.reason}"
        if told != self._told and view.topics:
            self._told = told
            self._console.print(headline(view), soft_wrap=True)
