"""The board's page, its poll, its replay, and the board and journal at the API."""

from __future__ import annotations

from itertools import pairwise

import html5lib
import pytest

from app.incidents import actions
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.sockets import folded

DECLARE = {
    "guide": "mass_casualty_incident",
    "exercise": True,
    "activation_level": "partial",
    "reason": "Bus crash on Route 9, 30 hurt",
}


@pytest.fixture
def incident(act, hospital: Hospital):
    return act(actions.declare, hospital.commander, facility_id=hospital.facility.id, **DECLARE)


def test_the_board_shows_every_card_and_says_it_is_an_exercise(incident, commander: PageClient) -> None:
    page = commander.get(f"/incidents/{incident.id}").text
    for card in ("header", "positions-command", "positions-operations", "tasks", "objectives", "journal"):
        assert f'data-card="{card}"' in page
    assert "This is an exercise" in page
    assert "Ada Quill" in page
    assert f'data-poll="/incidents/{incident.id}/cards"' in page


def test_a_poll_gives_what_has_changed_since(
    act, incident, hospital: Hospital, commander: PageClient
) -> None:
    url = f"/incidents/{incident.id}/cards"
    first = commander.get(f"{url}?after=0").json
    assert {"header", "tasks", "journal"} <= {card["id"] for card in first["cards"]}
    act(actions.note, hospital.commander, incident.id, text="Ambulance bay is clear")
    second = commander.get(f"{url}?after={first['seq']}").json
    assert folded(second["cards"]) == ["journal"]
    assert (second["after"], second["seq"]) == (first["seq"], first["seq"] + 1)
    assert "Ambulance bay is clear" in second["cards"][0]["html"]
    assert folded(commander.get(f"{url}?after={second['seq']}").json["cards"]) == []


def test_a_poll_that_knows_more_than_there_is_gets_everything(incident, commander: PageClient) -> None:
    batch = commander.get(f"/incidents/{incident.id}/cards?after=99999").json
    assert batch["after"] == 0
    assert len(batch["cards"]) > 5


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "99999999999999"])
def test_a_poll_with_a_wrong_number_says_what_is_allowed(incident, commander: PageClient, after: str) -> None:
    response = commander.get(
        f"/incidents/{incident.id}/cards?after={after}", 422, headers={"Accept": "application/json"}
    )
    assert "whole number" in response.json["errors"]["after"][0]


def test_replay_shows_the_past_and_cannot_act(act, clock, incident, hospital: Hospital, commander) -> None:
    then = clock.now()
    clock.advance(minutes=10)
    act(actions.note, hospital.commander, incident.id, text="Second wave announced")
    last = commander.get(f"/incidents/{incident.id}/cards?after=0").json["seq"]
    for at in (str(last - 1), then.isoformat().replace("+00:00", "Z"), "2026-11-23T04:05"):
        page = commander.get(f"/incidents/{incident.id}", query_string={"at": at}).text
        assert "As it was at" in page
        assert f"after entry {last - 1} of {last}" in page
        assert "Second wave announced" not in page
        assert 'data-module="board"' not in page
        assert 'data-can=""' in page
    assert "Second wave announced" in commander.get(f"/incidents/{incident.id}?at={last}").text


@pytest.mark.parametrize("at", ["0", "yesterday", "2026-13-01T00:00", "-4"])
def test_replay_at_no_time_says_what_is_allowed(incident, commander: PageClient, at: str) -> None:
    assert "2026-11-23T14:32" in commander.get(f"/incidents/{incident.id}?at={at}", 422).text


def test_before_it_began_there_was_no_incident(incident, commander: PageClient) -> None:
    commander.get(f"/incidents/{incident.id}?at=2020-01-01T00:00", 404)
    commander.get("/incidents/01890000-0000-7000-8000-000000000000", 404)


def test_wall_mode(incident, commander: PageClient) -> None:
    assert '<html lang="en" class="wall"' in commander.get(f"/incidents/{incident.id}?wall=1").text


def test_what_is_typed_is_shown_as_text(act, incident, hospital: Hospital, commander: PageClient) -> None:
    act(actions.note, hospital.commander, incident.id, text="<script>alert(1)</script> & {braces} %s")
    batch = commander.get(f"/incidents/{incident.id}/cards?after=0").json
    html = {card["id"]: card["html"] for card in batch["cards"]}["journal"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {braces} %s" in html


def test_the_board_at_the_api(act, incident, hospital: Hospital, commander: PageClient) -> None:
    now = commander.api("GET", f"/incidents/{incident.id}/board", 200)
    assert now["command"]["exercise"] is True
    holder = now["command"]["positions"]["incident_commander"]["holder"]
    assert holder["name"] == "Ada Quill"
    first = commander.api("GET", f"/incidents/{incident.id}/board?at=1", 200)
    assert (first["seq"], first["command"]["positions"]) == (1, {})
    assert commander.api("GET", f"/incidents/{incident.id}/board?at={now['seq']}", 200) == now
    problem = commander.api("GET", f"/incidents/{incident.id}/board?at=soon", 422)
    assert "number of an entry" in problem["errors"]["at"][0]


def test_the_journal_at_the_api_in_pages(incident, commander: PageClient) -> None:
    everything = commander.api("GET", f"/incidents/{incident.id}/journal?limit=1000", 200)
    assert everything["next"] is None
    seen, after = [], 0
    while after is not None:
        page = commander.api("GET", f"/incidents/{incident.id}/journal?after={after}&limit=7", 200)
        seen, after = seen + page["items"], page["next"]
    assert seen == everything["items"]
    assert [entry["seq"] for entry in seen] == list(range(1, len(seen) + 1))
    assert all(b["prev_hash"] == a["hash"] for a, b in pairwise(seen))
    problem = commander.api("GET", f"/incidents/{incident.id}/journal?limit=1001", 422)
    assert "limit" in problem["errors"]


def test_another_hospital_sees_nothing(act, app, incident) -> None:
    from tests.support.hospital import build

    other = PageClient(app, act(build, "EAST", "East Harbor Hospital").commander)
    other.get(f"/incidents/{incident.id}", 403)
    other.get(f"/incidents/{incident.id}/cards?after=0", 403)
    other.api("GET", f"/incidents/{incident.id}/board", 403)
    other.api("GET", f"/incidents/{incident.id}/journal", 403)


def test_every_link_and_form_of_a_card_leads_somewhere(app, act, incident, hospital: Hospital, commander):
    act(
        actions.assign,
        hospital.commander,
        incident.id,
        position="safety_officer",
        person_id=hospital.people[3].id,
    )
    batch = commander.get(f"/incidents/{incident.id}/cards?after=0").json
    tree = html5lib.parse("".join(card["html"] for card in batch["cards"]), namespaceHTMLElements=False)
    routes = app.url_map.bind("localhost")
    wanted = {("GET", e.get("href")) for e in tree.iter("a")}
    wanted |= {(e.get("method").upper(), e.get("action")) for e in tree.iter("form")}
    assert len(wanted) > 20
    for method, path in wanted:
        assert routes.test(path.split("?")[0].split("#")[0], method), f"{method} {path} leads nowhere"
