"""The whole main job with two browsers side by side: what one does, the other shows without reloading."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Site

COMMANDER, CHIEF = "commander@demo.example", "chief@demo.example"
NEWS_MS = 10_000  # generous: tests share two cores; bench/fanout.py measures how fast it is
Opener = Callable[..., Page]


def test_the_main_job_from_declaration_to_the_record(site: Site, open_page: Opener, tmp_path: Path) -> None:
    first = open_page(COMMANDER)
    board_url = declare(first)
    second = open_page(CHIEF)
    second.goto(board_url)
    watch_for_reloads(second)

    call_in(first, board_url, "Safety Officer")
    expect(second.locator("#card-callouts")).to_contain_text("Safety Officer", timeout=NEWS_MS)
    answer_from_a_phone(open_page(COMMANDER), "Safety Officer", "1")
    command = second.locator("#card-positions-command")
    seat = command.locator("li").filter(has_text="Safety Officer")
    expect(seat).not_to_contain_text("not filled", timeout=NEWS_MS)
    expect(seat).to_contain_text("expected")

    first.goto(board_url)
    escalate_liaison_officer(first, second, board_url, site)
    go_offline_and_come_back(first, second)
    confirm_the_recommended_level(first, second)
    see_a_request_through(first, second, board_url)
    assert not reloaded(second)

    close_and_read_the_record(first, second, board_url, site, tmp_path)


def declare(page: Page) -> str:
    page.goto("/incidents/declare")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".error-summary")).to_be_visible()  # nothing chosen yet: said field by field
    page.get_by_label("A real event").check()
    page.get_by_label("Mass Casualty Incident").check()
    page.get_by_label("Reason").fill("Bus crash on Route 9, 30 hurt")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Declare incident").click()
    expect(page.locator("#card-header")).to_contain_text("Olga Sundaram")
    expect(page.locator("#card-tasks")).to_contain_text("open")
    return page.url


def call_in(page: Page, board_url: str, title: str) -> None:
    page.goto(f"{board_url}/callouts/new")
    page.get_by_label(title).check()
    page.get_by_role("button", name="Look at it before it is sent").click()
    expect(page.locator("blockquote").first).to_contain_text(f"{title} needed. Reply 1")
    expect(page.get_by_text("GSM-7").first).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Send to 1 person").click()


def answer_from_a_phone(page: Page, title: str, digit: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/phones")
    page.get_by_role("row").filter(has_text=f"{title} needed").get_by_role("link").first.click()
    page.get_by_role("button", name=re.compile(f"^{digit}\\b")).click()
    expect(page.locator("#phone")).to_contain_text("Thank you", timeout=15_000)


def escalate_liaison_officer(first: Page, second: Page, board_url: str, site: Site) -> None:
    """Nobody answers; the wait is moved into the past instead of waited for, and a tick asks the next."""
    call_in(first, board_url, "Liaison Officer")
    card = second.locator("#card-callouts li").filter(has_text="Liaison Officer")
    expect(card).to_contain_text("1 asked", timeout=NEWS_MS)
    path = site.environment["MUSTER_DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path, timeout=20) as database:
        database.execute(
            "UPDATE deadlines SET due_at = '2020-01-01 00:00:00.000000' WHERE state = 'open' AND kind = 'position'"
        )
    expect(card).to_contain_text("2 asked", timeout=15_000)
    first.goto(board_url)


def go_offline_and_come_back(first: Page, second: Page) -> None:
    second.context.set_offline(True)
    expect(second.locator("[data-stale-banner]")).to_contain_text("Not live since", timeout=20_000)
    task = first.locator("#card-tasks li").first
    words = (task.locator("p, span, strong").first.text_content() or "").strip()
    task.get_by_role("button", name="Done").click()
    expect(first.locator("#card-tasks li").first).not_to_contain_text(words)
    expect(second.locator("#card-tasks li").first).to_contain_text(words)
    second.context.set_offline(False)
    expect(second.locator("#card-tasks li").first).not_to_contain_text(words, timeout=20_000)
    expect(second.locator("[data-stale-banner]")).to_be_hidden(timeout=20_000)


def confirm_the_recommended_level(first: Page, second: Page) -> None:
    card = first.locator("#card-surge")
    expect(card).to_contain_text("recommended")
    card.get_by_role("button", name="Confirm…").click()
    dialog = first.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Many hurt on the way and medical beds are tight")
    dialog.get_by_role("button", name=re.compile("^Confirm")).click()
    expect(second.locator("#card-surge")).to_contain_text("Set by Olga Sundaram", timeout=NEWS_MS)


def see_a_request_through(first: Page, second: Page, board_url: str) -> None:
    first.goto(board_url)
    first.locator("#card-requests").get_by_role("link", name="Ask for something").click()
    first.get_by_label("What", exact=True).first.fill("Stretchers with side rails")
    first.get_by_label("How many", exact=True).first.fill("6")
    first.get_by_label("Counted in").first.fill("each")
    first.get_by_label("Urgent").check()
    first.get_by_label("Deliver to").fill("Ambulance door")
    first.get_by_label("What it is for").fill("Casualties from the bus")
    first.get_by_role("button", name="Raise the request").click()
    expect(second.locator("#card-requests")).to_contain_text("Stretchers", timeout=NEWS_MS)
    first.get_by_role("button", name="Approve").click()
    for quantity in ("4", "2"):
        first.locator("#fill-quantity").fill(quantity)
        first.get_by_label("From where").select_option(index=2)
        first.get_by_label("Who gives it").fill("Quarry Road")
        first.get_by_role("button", name="Send it on its way").click()
        with first.expect_navigation():
            first.get_by_role("button", name="Received").click()
    first.locator("#close-reason").fill("All there")
    with first.expect_navigation():
        first.get_by_role("button", name="Close the request").click()
    expect(second.locator("#card-requests")).to_contain_text("0 open", timeout=NEWS_MS)


def close_and_read_the_record(first: Page, second: Page, board_url: str, site: Site, folder: Path) -> None:
    first.goto(f"{board_url}/close")
    first.get_by_label("Reason").fill("Last casualty placed")
    first.get_by_role("button", name="Close the incident").click()
    agree = first.get_by_role("dialog").get_by_role("button", name=re.compile("close|yes|go on", re.I))
    with first.expect_navigation():
        agree.first.click()
    expect(second.locator("#card-header")).to_contain_text("closed", timeout=NEWS_MS)
    first.goto(f"{board_url}/review")
    expect(first.get_by_text("The journal is whole")).to_be_visible()
    filled = first.get_by_role("row").filter(has_text="Safety Officer").first
    expect(filled).to_contain_text(re.compile(r"\d (s|min)"))  # how long it took to fill
    number = re.search(r"[A-Z]+-\d{4}-\d{4}", first.content())
    assert number is not None
    verify(site, number[0], folder)


def verify(site: Site, number: str, folder: Path) -> None:
    """The export holds, by the program and by the tool that shares nothing with it; a changed byte is found."""
    file = folder / "journal.jsonl"
    file.write_text(site.command("journal", "export", number) + "\n")
    assert "holds" in site.command("journal", "verify", str(file))
    key = site.command("journal", "key")
    tool = [sys.executable, "tools/verify_journal.py", str(file), "--key", key]
    assert subprocess.run(tool, cwd=ROOT, check=False).returncode == 0
    lines = file.read_text().splitlines()
    entry = json.loads(lines[3])
    entry["data"]["title"] = "Somebody else"
    lines[3] = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    file.write_text("\n".join(lines) + "\n")
    assert subprocess.run(tool, cwd=ROOT, check=False, capture_output=True).returncode == 1


def watch_for_reloads(page: Page) -> None:
    page.evaluate("document.body.dataset.sameDocument = 'yes'")


def reloaded(page: Page) -> bool:
    return page.evaluate("document.body.dataset.sameDocument") != "yes"
