"""Make sure that the browser tests have a Chromium: Playwright's own, else the system's, else Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DOWNLOAD_SECONDS = 300
_MESSAGE = """\
No Chromium was found, and none could be installed. The browser tests need one of these:
  - Playwright's own:  .venv/bin/python -m playwright install chromium
  - Debian or Ubuntu:  sudo apt-get install chromium
Then run make test again."""


def find() -> Path | None:
    """The Chromium to use, or None."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if own.exists():
        return own
    return next((Path(found) for name in _SYSTEM_NAMES if (found := shutil.which(name))), None)


def _install() -> None:
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if _succeeds(download) and find():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        _succeeds(["apt-get", "update", "--quiet"])
        _succeeds(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"])


def _succeeds(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, env=environment, timeout=_DOWNLOAD_SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main() -> int:
    """Find or install a browser; 1 with a message where there is none."""
    if find() is None:
        _install()
    if find() is None:
        print(_MESSAGE, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
