"""A real site in processes of its own, and real Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
READY_SECONDS = 90


@dataclass
class Site:
    """A served demo hospital. `command` runs `flask --app wsgi ...` against the same database."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path
    consoles: list[str] = field(default_factory=list)

    def command(self, *words: str) -> str:
        flask = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        done = subprocess.run(
            flask, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module: while it is open its event loop runs, and no other can."""
    if CHROMIUM is None:
        if os.environ.get("MUSTER_REQUIRE_BROWSER") == "1":
            pytest.fail("MUSTER_REQUIRE_BROWSER is 1, but there is no chromium on the PATH")
        pytest.skip("no chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`make run` on a fresh SQLite file: one process that does everything."""
    with_folder = tmp_path_factory.mktemp("site")
    yield from _served(with_folder, ["-m", "flask", "--app", "wsgi", "serve"], {})


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """`open_page(email)`: a signed-in page in a browser profile of its own; fails on any script error."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(email: str | None, *, width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=site.url)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if _is_defect(message) else None)
        if email is not None:
            sign_in(page, email)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def sign_in(page: Page, email: str) -> None:
    from app.demo.sign_in import PASSWORD

    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _is_defect(message: object) -> bool:
    text, kind = getattr(message, "text", ""), getattr(message, "type", "")
    offline = "net::ERR_" in text or "WebSocket" in text  # what a cut connection says by itself
    return kind == "error" and not offline and "status of 4" not in text


def _served(folder: Path, arguments: list[str], extra: dict[str, str]) -> Iterator[Site]:
    port = free_port()
    environment = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "MUSTER_DATABASE_URL": f"sqlite:///{folder / 'muster.db'}",
        "MUSTER_SIGNING_KEY_FILE": str(folder / "journal.key"),
        **extra,
    }
    log = folder / "site.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    site = Site(f"http://127.0.0.1:{port}", environment, process, log)
    try:
        _await_ready(site)
        yield site
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_ready(site: Site) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if site.process.poll() is not None:
            break
        try:
            if requests.get(f"{site.url}/readyz", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    pytest.fail(f"the site did not start:\n{site.log.read_text()[-4000:]}")
