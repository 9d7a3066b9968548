"""A headless Chromium, the one of the system, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; a test that needs it is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine; apt-get install chromium")
    # Without a sandbox, for root has none; software rendering, for a machine without a display has no other.
    options = ["--no-sandbox", "--disable-gpu"] if os.geteuid() == 0 else ["--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


def open_page(browser: Browser, address: str, **options: Any) -> tuple[Page, list[str]]:
    """A tab of its own profile, and a list that gathers its errors (scripts, console, refused loads)."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address)
    return page, errors
