"""The main pages of the demo hospital, on a phone and on a desk: axe finds nothing, nothing scrolls sideways."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Site
from tests.browser.test_main_job import Opener

AXE = ROOT / "app/web/static/dist/test/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COMMANDER, ADMINISTRATOR = "commander@demo.example", "administrator@demo.example"
# {incident}, {callout} and {bedrun} are filled in.
FOR_COMMANDERS = {
    "incident": (
        "/incidents",
        "/incidents/declare",
        "/incidents/{incident}",
        "/incidents/{incident}?at=5",
        "/incidents/{incident}/positions",
        "/incidents/{incident}/positions/safety_officer",
        "/incidents/{incident}/callouts/new",
        "/incidents/{incident}/callouts",
        "/incidents/{incident}/callouts/{callout}",
        "/incidents/{incident}/tasks",
        "/incidents/{incident}/objectives",
        "/incidents/{incident}/command",
        "/incidents/{incident}/log",
        "/incidents/{incident}/close",
        "/incidents/{incident}/requests/new",
        "/incidents/{incident}/review",
    ),
    "capacity": (
        "/capacity",
        "/alarms",
        "/alarms/SBMC/week",
        "/capacity/SBMC",
        "/capacity/SBMC/huddle",
        "/capacity/SBMC/huddle/sheets",
        "/capacity/SBMC/beds",
        "/capacity/SBMC/spaces",
        "/capacity/SBMC/basis",
        "/u/SBMC/MICU",
        "/capacity/SBMC/scores",
        "/capacity/SBMC/schemes",
        "/capacity/SBMC/level",
        "/capacity/SBMC/crisis",
        "/capacity/SBMC/bedruns",
        "/capacity/SBMC/bedruns/new?incident={incident}",
        "/bedruns/{bedrun}?step=freed",
        "/capacity/SBMC/plans",
        "/census",
        "/census/SBMC",
        "/census/SBMC/lists",
        "/polls",
        "/polls/contacts/SBMC",
        "/scores",
    ),
    "everything else": (
        "/my/callouts",
        "/requests",
        "/people",
        "/people/duty/SBMC",
        "/phones",
        "/people/reach/SBMC",
        "/people/reach/SBMC/tests",
        "/account/reach",
        "/engine",
        "/review",
        "/docs",
        "/account/tokens",
        "/no-such-page",
    ),
}
WALLS = ("/incidents/{incident}?wall=1",)
FOR_ADMINISTRATORS = (
    "/accounts",
    "/accounts/new",
    "/capacity/SBMC/spaces/new",
    "/census/SBMC/settings",
    "/capacity",
    "/capacity/SBMC/levels/3",
    "/capacity/TLH/beds",
)


@pytest.fixture(scope="module")
def session(site: Site) -> requests.Session:
    """The commander at the API."""
    made = requests.Session()
    made.headers["Authorization"] = f"Bearer {site.command('token', 'create', '--account', COMMANDER)}"
    return made


@pytest.fixture(scope="module")
def shown(site: Site, session: requests.Session) -> dict[str, str]:
    """An exercise with a call-out and a bed run under way."""
    wanted = {"guide": "mass_casualty_incident", "facility": "SBMC", "exercise": True, "reason": "Bus crash"}
    made = session.post(f"{site.url}/api/v1/incidents", json=wanted, timeout=20).json()
    positions = {"positions": ["safety_officer", "liaison_officer"]}
    url = f"{site.url}/api/v1/incidents/{made['id']}"
    asked = session.post(f"{url}/callouts", json=positions, timeout=20)
    assert asked.status_code == 201
    freeing = {"facility": "SBMC", "reason": "Bus crash", "exercise": True, "incident_id": made["id"]}
    run = session.post(f"{site.url}/api/v1/bedruns", json=freeing, timeout=20)
    assert run.status_code == 201
    return {"incident": str(made["id"]), "callout": str(asked.json()["id"]), "bedrun": str(run.json()["id"])}


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("about", FOR_COMMANDERS)
def test_every_main_page_can_be_used_by_everybody(
    open_page: Opener, shown: dict[str, str], about: str, width: int
) -> None:
    page = open_page(COMMANDER, width=width)
    found = {url: problems(page, url, shown) for url in FOR_COMMANDERS[about]}
    assert {url: faults for url, faults in found.items() if faults} == {}


def test_the_wall_and_the_way_in_can_be_used_by_everybody(open_page: Opener, shown: dict[str, str]) -> None:
    found = {url: problems(open_page(COMMANDER, width=1440), url, shown) for url in WALLS}
    found |= {
        ("/sign-in", width): problems(open_page(None, width=width), "/sign-in", shown)
        for width in (390, 1440)
    }
    assert {url: faults for url, faults in found.items() if faults} == {}


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_of_administrators_can_be_used_by_everybody(open_page: Opener, width: int) -> None:
    page = open_page(ADMINISTRATOR, width=width)
    found = {url: problems(page, url, {}) for url in FOR_ADMINISTRATORS}
    assert {url: faults for url, faults in found.items() if faults} == {}


def test_the_page_of_a_call_out_follows_what_happens(
    open_page: Opener, site: Site, session: requests.Session, shown: dict[str, str]
) -> None:
    """Over the socket: nothing is loaded anew, and what somebody types stays."""
    url = f"/incidents/{shown['incident']}/callouts"
    wanted = {"groups": [{"skill": "rn", "needed": 2}]}
    made = session.post(f"{site.url}/api/v1{url}", json=wanted, timeout=20).json()
    page = open_page(COMMANDER)
    page.goto(f"{url}/{made['id']}")
    page.wait_for_selector("text=waiting")
    page.fill("#find-name", "typed")
    page.evaluate("window.stayed = true")
    stop = {"reason": "Enough people have come"}
    assert session.post(f"{site.url}/api/v1{url}/{made['id']}/stop", json=stop, timeout=20).ok
    page.wait_for_selector("text=Enough people have come", timeout=10_000)
    assert page.evaluate("window.stayed") is True
    assert page.input_value("#find-name") == "typed"


def test_a_unit_is_counted_in_three_taps(open_page: Opener) -> None:
    """Open, + and Save; "still" tells the same again; what was mistyped stays."""
    page = open_page("staff@demo.example", width=390)
    page.goto("/u/SBMC/MBU")
    first, second = page.locator("[data-count]").first, page.locator("[data-count]").nth(1)
    last = int(first.locator("input").get_attribute("data-last") or "")
    first.locator("[data-step='1']").click()
    page.get_by_role("button", name="Save 1 number").click()
    page.wait_for_selector("text=Mother and Baby: 1 number saved.")
    assert first.locator("input").get_attribute("data-last") == str(last + 1)
    second.locator("[data-same]").click()
    first.locator("input").fill("none")
    page.get_by_role("button", name="Save 2 numbers").click()
    page.wait_for_selector("text='none' is no count")
    told = second.locator("input")
    assert told.input_value() == told.get_attribute("data-last")


def problems(page: Page, url: str, shown: dict[str, str]) -> list[str]:
    page.goto(url.format(**shown))
    page.wait_for_load_state("load")
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    faults = [f"{width[0]} px wide in a window of {width[1]}"] if width[0] > width[1] else []
    return faults + [describe(violation) for violation in axe(page)["violations"]]


def axe(page: Page) -> Any:
    """Run axe-core inside the page; the debugger may, whatever the page's own policy forbids."""
    page.evaluate(Path(AXE).read_text(encoding="utf-8") + "; undefined")
    return page.evaluate("tags => axe.run(document, {runOnly: tags})", WCAG)


def describe(violation: Any) -> str:
    targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
    return f"{violation['id']}: {violation['help']} ({len(targets)}: {targets[0]})"


def test_the_huddle_is_typed_without_a_mouse_and_prints_on_one_sheet(open_page: Opener) -> None:
    """The demo hospital has 25 units; with more worries than paper holds, it is still one sheet, A4 or Letter."""
    page = open_page(COMMANDER)
    page.goto("/capacity/SBMC/huddle")
    first = page.locator("input[name=expected_discharges]")
    assert first.count() >= 15
    first.nth(0).focus()
    page.keyboard.type("7")
    with page.expect_response("**/huddle/units/*") as saved:
        page.keyboard.press("Enter")
    assert saved.value.ok
    assert first.nth(1).evaluate("field => field === document.activeElement")
    for number in range(6):
        form = page.locator("#raise")
        form.get_by_label("What worries").fill(f"Worry {number} " + "that is told at great length " * 6)
        form.get_by_label("Who sees to it").fill("Nursing supervisor of the night shift " * 2)
        form.get_by_role("button", name="Add").click()
        page.wait_for_selector(f"#items li:has-text('Worry {number} ')")
    page.reload()
    assert first.nth(0).input_value() == "7"
    assert sheets(page) == {"A4": 1, "Letter": 1}
    page.get_by_role("button", name="Hold the huddle").first.click()
    page.locator("#hold-form").get_by_role("button", name="Hold the huddle").click()
    page.wait_for_url("**/huddle/sheets/*")
    assert sheets(page) == {"A4": 1, "Letter": 1}


def sheets(page: Page) -> dict[str, int]:
    """How many sheets of paper the page prints on, by their size."""
    return {size: len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=size))) for size in ("A4", "Letter")}
