"""A person at the steering page: a headless Chromium that takes the controls, looks on, and presses the space bar."""

import shutil
from types import TracebackType

from molmoact_common.errors import UserError

PATIENCE_MS = 60_000


class Visitor:
    """Use as a context manager."""

    def __init__(self, address: str) -> None:
        """Nothing is opened yet.

        Raises:
            UserError: there is no browser.
        """
        self._address = address
        self._program = shutil.which("chromium") or shutil.which("google-chrome")
        if self._program is None:
            raise UserError("no chromium on this machine; apt-get install chromium")

    def __enter__(self) -> "Visitor":
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  a development tool

        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=self._program, args=["--no-sandbox"])
        self._page = self._browser.new_page(viewport={"width": 1280, "height": 720})
        self._page.set_default_timeout(PATIENCE_MS)
        self._page.goto(self._address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    def begin(self, instruction: str) -> None:
        """Take the controls and say what is to be done."""
        self._page.click("#take:enabled")
        self._page.fill("#instruction", instruction)
        self._page.press("#instruction", "Enter")

    def bring_to_run(self) -> None:
        """From arms that are idle to arms that follow chunks."""
        self._press("home")
        self._press("start")
        self._page.wait_for_selector("#mode:is([data-state=running], [data-state=holding])")

    def press_space(self) -> None:
        """Stop."""
        self._page.keyboard.press("Space")

    def recover(self) -> None:
        """Lead out of a stop."""
        self._page.wait_for_selector("#mode[data-state=stopped]")
        self._press("recover")

    def wait(self, seconds: float) -> None:
        """Let the page live for a while."""
        self._page.wait_for_timeout(seconds * 1000)

    def _press(self, button: str) -> None:
        """Press it and wait for the answer."""
        self._page.evaluate("document.querySelector('#said').textContent = ''")
        self._page.click(f"#{button}:enabled")
        self._page.wait_for_selector("#said[data-kind=good]:not(:empty)")
