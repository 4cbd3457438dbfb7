"""The live board in a real browser against a real socket server."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.board_server import WEB, Server, running

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
AXE = WEB / "static" / "dist" / "test" / "axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    page.goto(server.url)
    expect(page.locator("[data-live]")).to_have_text("Live")
    yield page
    context.close()
    assert complaints == []


def wait_for_join(page: Page, server: Server, count: int = 1) -> None:
    for _ in range(50):
        if len(server.board.joins) >= count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{len(server.board.joins)} joins, {count} wanted")


def text_of(page: Page, card: str):  # type: ignore[no-untyped-def]
    return page.locator(f"#card-{card} .text")


def test_a_change_reaches_the_page_and_leaves_typing_alone(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    page.get_by_label("Unit a").select_option("b")
    page.locator("#details-a summary").click()
    note = page.get_by_label("Note a")
    note.fill("half a sentence")
    note.evaluate("element => element.setSelectionRange(4, 4)")
    server.change("a", "two")
    expect(text_of(page, "a")).to_have_text("two")
    expect(note).to_have_value("half a sentence")
    expect(note).to_be_focused()
    assert note.evaluate("element => element.selectionStart") == 4
    expect(page.get_by_label("Unit a")).to_have_value("b")
    expect(page.locator("#details-a")).to_have_attribute("open", "")
    expect(page.locator("[data-announce]")).to_have_text("Card a updated")


def test_an_open_dialog_stays_open(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    page.get_by_role("button", name="Open a").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    server.change("a", "two")
    expect(text_of(page, "a")).to_have_text("two")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.locator("#dialog-a").evaluate("element => element.matches(':modal')")


def test_an_older_version_is_ignored(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    server.change("a", "new")
    expect(text_of(page, "a")).to_have_text("new")
    html = page.locator("#card-a").evaluate("element => element.outerHTML").replace("new", "old")
    server.push({"after": 9, "seq": 10, "cards": [{"id": "a", "version": 10, "html": html}]})
    server.change("b", "marker")
    expect(text_of(page, "b")).to_have_text("marker")
    expect(text_of(page, "a")).to_have_text("new")


def test_a_gap_is_asked_for_at_once(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    server.board.heartbeat = False
    server.change("a", "lost", tell=False)
    server.change("b", "heard")
    expect(text_of(page, "a")).to_have_text("lost", timeout=1500)


def test_a_lost_push_is_found_by_the_heartbeat(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    server.change("a", "lost", tell=False)
    expect(text_of(page, "a")).to_have_text("lost", timeout=4500)


def test_cards_come_and_go(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    server.change("c", "brand new")
    expect(text_of(page, "c")).to_have_text("brand new")
    assert page.locator("#card-c input[name=csrf_token]").first.input_value() != "__csrf__"
    server.board.seq += 1
    gone = {"id": "c", "version": server.board.seq, "html": ""}
    server.push({"after": server.board.seq - 1, "seq": server.board.seq, "cards": [gone]})
    expect(page.locator("#card-c")).to_have_count(0)


def test_silence_turns_the_page_stale_within_ten_seconds_and_back(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    server.board.heartbeat = False
    banner = page.locator("[data-stale-banner]")
    page.wait_for_timeout(7000)
    expect(banner).to_be_hidden()
    expect(banner).to_have_text(re.compile(r"^Not live since \d\d:\d\d:\d\d\. Trying again…$"), timeout=5000)
    expect(page.locator("body")).to_have_class(re.compile("stale"))
    server.board.heartbeat = True
    expect(banner).to_be_hidden(timeout=3000)
    expect(page.locator("[data-live]")).to_have_text("Live")


def test_without_a_socket_the_page_polls(page: Page, server: Server, browser: Browser) -> None:
    server.board.refuse = True
    other = browser.new_page()
    other.goto(server.url)
    server.change("a", "polled", tell=False)
    expect(other.locator("#card-a .text")).to_have_text("polled", timeout=9000)
    expect(other.locator("[data-live]")).to_have_text("Checking every 5 s")
    expect(other.locator("[data-stale-banner]")).to_be_hidden()
    server.board.refuse = False
    expect(other.locator("[data-live]")).to_have_text("Live", timeout=10_000)
    other.close()


def test_signing_out_elsewhere_leads_to_the_sign_in_page(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    server.board.signed_out = True
    server.kick()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_inline_form_is_sent_once_with_the_real_token(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    server.board.post_delay = 0.5
    page.get_by_label("Note a").fill("fuel is low")
    page.get_by_role("button", name="Save a").dblclick()
    expect(page.get_by_role("button", name="Working…")).to_be_visible()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Note a")).to_have_value("")
    assert [post["note"] for post in server.board.posts] == ["fuel is low"]


def test_a_refused_form_says_what_is_allowed_by_the_field(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    page.get_by_role("button", name="Save a").click()
    expect(page.locator("#card-a .error")).to_have_text("Write something, at most 200 characters.")
    expect(page.get_by_label("Note a")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#card-a .error-summary")).to_be_focused()
    server.change("a", "two")
    expect(text_of(page, "a")).to_have_text("two")
    expect(page.locator("#card-a .error-summary")).to_be_visible()


def test_what_is_hard_to_take_back_is_asked_first(page: Page, server: Server) -> None:
    wait_for_join(page, server)
    page.get_by_role("button", name="Stop a").click()
    expect(page.get_by_role("dialog", name="Really stop?")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert server.board.posts == []
    page.get_by_role("button", name="Stop a").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop a").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    assert len(server.board.posts) == 1


def test_controls_show_only_to_those_who_may(page: Page) -> None:
    expect(page.get_by_role("button", name="Stop a")).to_be_visible()
    expect(page.locator("#card-a .hidden-control")).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1440, 3840])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_gallery_is_accessible_and_fits(
    browser: Browser, server: Server, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{server.url}/gallery")
    expect(page.locator("time[data-age]").first).to_contain_text("ago")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
