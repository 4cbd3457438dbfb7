"""The pages of requests and stock, pressed as a person presses them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app.incidents.models import Incident
from app.resources import actions
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.requests import declared, raised, stocked

pytestmark = pytest.mark.engine("sqlite")

FORM = {
    "lines.0.description": "N95 respirator",
    "lines.0.quantity": "40",
    "lines.2.description": "Light tower",
    "lines.2.quantity": "2",
    "priority": "urgent",
    "deliver_to": "Emergency",
    "why": "Patients keep coming",
    "needed_by": "2026-11-23T05:30",
    "position": "logistics_section_chief",
}


@pytest.fixture
def incident(act: Any, hospital: Hospital) -> Incident:
    stocked(act, hospital)
    return declared(act, hospital)


@pytest.fixture
def new_url(incident: Incident) -> str:
    return f"/incidents/{incident.id}/requests/new"


def test_asking_deciding_filling_receiving_closing(
    commander: PageClient, incident: Incident, new_url: str
) -> None:
    assert "100 in stock" in commander.get(new_url).text
    one = commander.post(new_url, FORM).location
    page = commander.get(one).text
    assert "waits for a decision" in page
    assert "23 Nov 2026 05:30" in page
    assert "Logistics Section Chief" in page
    ids = re.findall(r'name="quantity\.([0-9a-f-]+)"', page)
    commander.post(f"{one}/approve", {f"quantity.{ids[0]}": "40", f"quantity.{ids[1]}": "1", "seen": "1"})
    page = commander.get(one).text
    assert "approved, nothing found yet" in page
    fill = {"line_id": ids[0], "quantity": "1,000", "source": "stock", "seen": "2"}
    refused = commander.post(f"{one}/fill", fill, status=422).text
    assert "1,000 was given" in refused
    assert 'value="1,000"' in refused
    commander.post(f"{one}/fill", fill | {"quantity": "40"})
    page = commander.get(one).text
    fills = re.findall(r"/fills/([0-9a-f-]+)/receive", page)
    assert len(fills) == 1
    commander.post(f"{one}/fills/{fills[0]}/receive", {"quantity": "many"}, status=422)
    commander.post(f"{one}/fills/{fills[0]}/receive", {"quantity": "30"})
    commander.post(f"{one}/fills/{fills[0]}/fall-through", {"reason": "Wet boxes"})
    assert "10 did not come" in commander.get(one).text
    assert "have not come" in commander.post(f"{one}/close", {"reason": ""}, status=422).text
    commander.post(f"{one}/close", {"reason": "Enough"})
    page = commander.get(one).text
    assert "Enough" in page
    assert f'action="{one}/' not in page
    assert "Request 1 closed, 11 units never came: Enough" in page


def test_what_was_typed_stays_when_it_is_refused(commander: PageClient, new_url: str) -> None:
    wrong = FORM | {"lines.2.quantity": "two", "deliver_to": ""}
    page = commander.post(new_url, wrong, status=422).text
    assert "must be a whole number" in page
    assert 'id="f-lines-1-quantity" name="lines.1.quantity" value="two"' in page
    assert 'value="Light tower"' in page
    wrong = FORM | {"deliver_to": ""}
    assert "Deliver to: must not be empty" in commander.post(new_url, wrong, status=422).text


def test_more_lines_keeps_the_ones_there_are(commander: PageClient, new_url: str) -> None:
    page = commander.post(new_url, FORM | {"more": "1"}, status=200).text
    assert 'name="lines.1.description" value="Light tower"' in page
    assert 'name="lines.5.description"' in page


def test_the_second_to_decide_is_told_who_was_first(
    app: Flask, act: Any, hospital: Hospital, commander: PageClient, incident: Incident
) -> None:
    asked = raised(act, hospital.staff, incident)
    other = PageClient(app, hospital.command_staff)
    other.post(f"/requests/{asked.id}/deny", {"reason": "None to be had", "seen": "1"})
    page = commander.post(f"/requests/{asked.id}/approve", {"seen": "1"}, status=409).text
    assert "Ben Orso at 04:00" in page


def test_the_board_approves_with_one_press(
    act: Any, hospital: Hospital, commander: PageClient, incident: Incident
) -> None:
    asked = raised(act, hospital.staff, incident)
    answer = commander.post(
        f"/requests/{asked.id}/approve", {"seen": "1"}, status=200, headers={"Accept": "application/json"}
    )
    assert answer.get_json()["message"] == "Request 1 is approved."
    again = commander.post(
        f"/requests/{asked.id}/approve", {"seen": "1"}, status=409, headers={"Accept": "application/json"}
    )
    assert again.content_type == "application/problem+json"


def test_lists_show_the_urgent_first_and_what_ended_apart(
    act: Any, hospital: Hospital, commander: PageClient, incident: Incident
) -> None:
    assert "No open requests" in commander.get("/requests").text
    raised(act, hospital.staff, incident, priority="low", deliver_to="Low ward")
    raised(act, hospital.staff, incident, priority="urgent", deliver_to="Urgent ward")
    gone = raised(act, hospital.staff, incident, deliver_to="Gone ward")
    act(actions.cancel, hospital.staff, incident.id, gone.id, reason="Found some")
    for url in ("/requests", f"/incidents/{incident.id}/requests"):
        page = commander.get(url).text
        assert page.index("Urgent ward") < page.index("Low ward")
        assert "Gone ward" not in page
        assert "Gone ward" in commander.get(f"{url}?state=ended").text
        assert commander.get(f"{url}?state=all&page=2").text.count("ward") == 0


def test_the_list_leaves_out_other_hospitals(
    app: Flask, act: Any, hospital: Hospital, commander: PageClient, incident: Incident
) -> None:
    other = act(build, code="HNTH", name="Harbor North")
    asked = raised(act, other.staff, declared(act, other), deliver_to="Far away")
    assert "Far away" not in commander.get("/requests").text
    commander.get(f"/requests/{asked.id}", status=403)
    commander.post(f"/requests/{asked.id}/approve", status=403)
    commander.get("/facilities/HNTH/stock", status=404)


def test_staff_see_no_forms_they_may_not_use_and_the_server_holds_it(
    app: Flask, act: Any, hospital: Hospital, incident: Incident, new_url: str
) -> None:
    staff = PageClient(app, hospital.staff)
    one = staff.post(new_url, FORM).location
    page = staff.get(one).text
    assert page.index('data-needs="request.approve"') < page.index("Decide")
    staff.post(f"{one}/approve", status=403)
    leader = PageClient(app, hospital.leadership)
    leader.get(one)
    leader.get(new_url, status=403)
    leader.post(f"{one}/cancel", {"reason": "x"}, status=403)


def test_an_exercise_says_so(act: Any, hospital: Hospital, commander: PageClient) -> None:
    drill = declared(act, hospital, exercise=True)
    asked = raised(act, hospital.staff, drill)
    assert "This is an exercise" in commander.get(f"/requests/{asked.id}").text
    assert 'data-state="exercise"' in commander.get("/requests").text


def test_stock_and_counting(
    app: Flask, act: Any, hospital: Hospital, commander: PageClient, incident: Incident
) -> None:
    assert commander.get("/stock", status=302).location.endswith("/facilities/SBMC/stock")
    page = commander.get("/facilities/SBMC/stock").text
    assert "none left" in page
    assert "not counted" in page
    assert "counted: first count, Hal Brook" in page or "counted: first count" in page
    shelf = "/facilities/SBMC/stock/body_bag"
    commander.get(shelf)
    commander.post(shelf, {"on_hand": "12", "seen": "-1"})
    assert "12" in commander.get(shelf).text
    assert "Please count again" in commander.post(shelf, {"on_hand": "9", "seen": "11"}, status=409).text
    assert "whole number" in commander.post(shelf, {"on_hand": "a few", "seen": "12"}, status=422).text
    commander.get("/facilities/SBMC/stock/unicorn", status=404)
    PageClient(app, hospital.staff).post(shelf, {"on_hand": "1"}, status=403)


def test_the_board_card_lists_open_requests(
    app: Flask, act: Any, hospital: Hospital, incident: Incident
) -> None:
    from app.board.cards import CARDS, draw
    from app.board.picture import fold
    from app.journal import entries

    raised(act, hospital.staff, incident)
    with app.extensions["muster"].db.read() as db:
        picture = fold(entries(db, incident.stream))
    card = CARDS["requests"]
    assert card.context is not None
    html = draw(card, picture, picture.version("requests"), card.context(picture))
    assert "40 N95 respirator; 2 Light tower" in html
    assert "1 to decide" in html
    assert "/approve" in html
