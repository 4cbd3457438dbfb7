"""A bed poll from the press to its end: by text, by link, chased, overdue, closed with what is missing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.journal import entries
from app.messaging.actions.incoming import receive
from app.messaging.models import Intent
from app.messaging.states import IntentState
from app.polls import actions, ticks
from app.polls.models import Poll
from app.polls.rules import Whom
from app.surge.metrics import BEDS
from app.surge.models import LatestReading
from tests.support.client import PageClient
from tests.support.hospital import SETUP, Hospital, build
from tests.support.incidents import declared

ADA, BEN, CLEO, HAL = 0, 1, 2, 7


def contact(act: Any, hospital: Hospital, unit: str | None, person: int | None) -> None:
    act(
        actions.set_contact,
        hospital.administrator,
        hospital.facility.id,
        unit_id=hospital.units[unit].id if unit else None,
        person_id=None if person is None else hospital.people[person].id,
    )


@pytest.fixture
def asked(act: Any, hospital: Hospital) -> Hospital:
    """Cleo is asked for the ICU, Hal for the ED, Ada (bed manager) for Four West."""
    contact(act, hospital, "ICU", CLEO)
    contact(act, hospital, "ED", HAL)
    contact(act, hospital, None, ADA)
    return hospital


def begin(act: Any, hospital: Hospital, **changes: Any) -> actions.Started:
    wanted = {"facility_id": hospital.facility.id, "metrics": BEDS, "minutes": 20, "title": "Beds now"}
    actor = changes.pop("actor", hospital.commander)
    return act(actions.start, actor, public_url="http://localhost", **(wanted | changes))


def texts(db: Database, hospital: Hospital, person: int) -> list[str]:
    query = sa.select(Intent.body).where(Intent.person_id == hospital.people[person].id).order_by(Intent.key)
    with db.read() as session:
        return list(session.scalars(query))


def link_in(text: str) -> str:
    found = re.search(r"http://localhost(/p/[\w-]+)", text)
    assert found is not None, text
    return found[1]


def readings(db: Database, hospital: Hospital) -> dict[tuple[str, str], tuple[int, str]]:
    names = {unit.id: code for code, unit in hospital.units.items()}
    with db.read() as session:
        rows = session.scalars(sa.select(LatestReading)).all()
        return {(names[r.unit_id], r.metric): (r.value, r.source) for r in rows if r.unit_id in names}


def test_from_two_taps_to_the_last_unit(
    app: Flask, act: Any, asked: Hospital, db: Database, clock: ManualClock, commander: PageClient
) -> None:
    rt = app.extensions["muster"]
    assert "Beds now, 20 minutes" in commander.get("/polls").text
    made = commander.post("/polls", {"facility": "SBMC", "preset": "beds"})
    url = made.headers["Location"]
    assert (
        "0 of 3 units answered; 3 missing: Emergency, Four West, Intensive Care." in commander.get(url).text
    )
    (first,) = texts(db, asked, CLEO)
    assert "numbers of ICU by 04:20" in first
    assert "numbers of 4W by" in texts(db, asked, ADA)[0]

    # By text, when it is clear; what is not clear stays with whoever else may know it.
    for _ in range(5):
        act(receive, asked.phone(HAL), "ED 20 24")
    assert "not taken. For ED send 3 whole numbers" in texts(db, asked, HAL)[-1]
    act(receive, asked.phone(HAL), "ICU 11 9 0")  # not his unit
    assert readings(db, asked) == {}
    act(receive, asked.phone(HAL), "ed 24 20 1")
    assert len(texts(db, asked, HAL)) == 5, "asked once, told three times what to reply, and thanked"
    assert any(
        "ED: staffed beds 24, occupied beds 20, blocked beds 1." in text for text in texts(db, asked, HAL)
    )
    assert readings(db, asked)["ED", "occupied_beds"] == (20, "bed poll")

    # By link: no sign-in, some numbers at first, a wrong one refused.
    phone, page = PageClient(app), link_in(first)
    icu = asked.units["ICU"].id
    assert "Intensive Care" in phone.get(page).text
    assert "whole number" in phone.post(page, {f"{icu}.occupied_beds": "many"}, 422).text
    phone.post(page, {}, 422)
    phone.post(page, {f"{icu}.occupied_beds": "11"})
    shown = commander.get(url).text
    assert "1 in part: Intensive Care" in shown
    assert readings(db, asked)["ICU", "occupied_beds"] == (11, "bed poll")
    assert ("ICU", "staffed_beds") not in readings(db, asked), "missing is missing"

    # At ten minutes only Four West has said nothing at all; at sixteen too. No chase comes twice.
    clock.advance(minutes=9)
    assert ticks.work(rt) == 0
    clock.advance(minutes=1)
    assert ticks.work(rt) == 1
    assert ticks.work(rt) == 0
    assert [len(texts(db, asked, p)) for p in (ADA, CLEO, HAL)] == [2, 1, 5]
    assert "Not answered yet" in texts(db, asked, ADA)[1]
    commander.post(f"{url}/chase", status=409)
    clock.advance(minutes=3)
    commander.post(f"{url}/chase")
    clock.advance(minutes=3)
    ticks.work(rt)
    assert len(texts(db, asked, ADA)) == 4
    clock.advance(minutes=5)
    assert "overdue" in commander.get(url).text

    # A person who was told enters it; the last number closes the poll.
    west = asked.units["4W"].id
    PageClient(app, asked.leadership).get(f"{url}/units/{west}", 403)
    commander.get(f"{url}/units/{west}")
    commander.post(f"{url}/units/{west}", {f"{west}.{m}": "0" for m in BEDS})
    phone.post(page, {f"{icu}.{m}": str(n) for m, n in zip(BEDS, (12, 11, 0), strict=True)})
    shown = commander.get(url).text
    assert "3 of 3 units answered." in shown
    assert "Closed by Muster polls" in shown
    assert phone.get(page).text.count("answered") >= 1

    # A late correction is a reading of its own time; the result stays.
    phone.post(page, {f"{icu}.occupied_beds": "10"})
    assert readings(db, asked)["ICU", "occupied_beds"] == (10, "bed poll")
    with db.read() as session:
        kinds = [
            e.kind for e in entries(session, f"facility:{asked.facility.id}") if e.kind.startswith("poll.")
        ]
        waiting = sa.select(sa.func.count()).where(Intent.state == IntentState.PENDING)
        assert session.scalar(waiting) == 0
    assert kinds[3:] == ["poll.started", "poll.answered", "poll.answered", "poll.chased", "poll.chased",
                         "poll.chased", "poll.answered", "poll.answered", "poll.closed", "poll.answered"]  # fmt: skip
    api = commander.api("GET", f"/polls/{url.rsplit('/', 1)[1]}", 200)
    assert api["completeness"] == "3 of 3 units answered."
    clock.advance(hours=2)
    phone.get(page, 404)


def test_what_nobody_answers_is_closed_by_the_clock_and_named(
    app: Flask, act: Any, asked: Hospital, db: Database, clock: ManualClock
) -> None:
    """The bed manager hears with the last chase who is behind, and may answer for them."""
    rt = app.extensions["muster"]
    contact(act, asked, "4W", BEN)
    poll = begin(act, asked, chase=(10,)).poll
    clock.advance(minutes=31)  # the engine was silent: one chase, not none and not two
    ticks.work(rt)
    told = texts(db, asked, ADA)[-1]
    assert "no numbers yet from ED, 4W, ICU" in told
    west = asked.units["4W"].id
    PageClient(app).post(link_in(told), {f"{west}.{m}": "9" for m in BEDS})
    clock.advance(minutes=18)
    assert ticks.work(rt) == 0
    clock.advance(minutes=1)
    ticks.work(rt)
    with db.read() as session:
        found = session.get_one(Poll, poll.id)
    assert found.closed_by == "Muster polls"
    assert found.result == "1 of 3 units answered; 2 missing: Emergency, Intensive Care."
    with pytest.raises(Conflict, match="already"):
        act(actions.close, asked.commander, poll.id)
    with pytest.raises(Forbidden):
        begin(act, asked, actor=asked.staff)
    with pytest.raises(Invalid, match="of no unit"):
        begin(act, asked, metrics=("ventilators",))


@pytest.mark.engine("sqlite")
def test_nobody_to_ask_is_said(app: Flask, act: Any, hospital: Hospital, commander: PageClient) -> None:
    assert "has no bed manager" in commander.get("/polls").text
    made = commander.api("POST", "/polls", 201, {"facility": "SBMC", "preset": "quick"})
    assert {u["trouble"] for u in made["units"]} == {"no contact and no bed manager is set"}
    assert "nobody asked" in commander.get(f"/polls/{made['id']}").text
    commander.api("POST", "/polls", 422, {"facility": "SBMC", "metrics": ["nonsense"]})
    assert commander.api("POST", "/polls", 201, {"facility": "SBMC", "preset": "beds"})["made"] is False
    keeper = PageClient(app, hospital.administrator)
    keeper.post("/polls/contacts/SBMC", {"unit": "-", "person_id": hospital.people[ADA].id})
    keeper.post("/polls/contacts/SBMC", {"unit": "ICU", "person_id": "x"}, 422)
    assert "Ada Quill" in commander.get("/polls/contacts/SBMC").text


def test_two_who_press_at_once_make_one_poll(asked: Hospital, act: Any, db: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda _: begin(act, asked), range(4)))
    assert sorted(each.made for each in started) == [False, False, False, True]
    assert len({each.poll.id for each in started}) == 1
    assert len(texts(db, asked, CLEO)) == 1


@pytest.mark.engine("sqlite")
def test_a_poll_of_all_hospitals_asks_their_bed_managers(
    act: Any, asked: Hospital, db: Database, commander: PageClient
) -> None:
    other = db.transact(build, "OMH", "Old Mill Hospital")
    contact(act, other, None, CLEO)
    with pytest.raises(Forbidden):
        begin(act, asked, facility_id=None)
    wanted = {"facility_id": None, "metrics": ("occupied_beds",), "whom": Whom.MANAGERS}
    started = begin(act, asked, actor=SETUP, **wanted)
    assert not begin(act, asked, actor=SETUP, **wanted).made
    assert begin(act, asked).made, "another scope"
    (told,) = texts(db, other, CLEO)
    assert "OMH: Beds now. Please give the numbers of ED, 4W, ICU" in told
    assert "reply" not in told
    ed = other.units["ED"].id
    act(actions.answer, Actor.person(other.people[CLEO].id, "Cleo Vance"), started.poll.id,
        numbers={ed: {"occupied_beds": 21}}, how="link")  # fmt: skip
    assert readings(db, other)["ED", "occupied_beds"] == (21, "bed poll")
    with pytest.raises(Forbidden, match="not yours"):
        act(actions.answer, Actor.person(asked.people[CLEO].id, "Cleo Vance"), started.poll.id,
            numbers={ed: {"occupied_beds": 1}}, how="link")  # fmt: skip
    page = commander.get(f"/polls/{started.poll.id}").text
    assert "SBMC" in page
    assert "OMH" not in page, "another hospital's units are for those who may see its boards"


@pytest.mark.engine("sqlite")
def test_an_exercise_asks_with_its_words_and_changes_no_reading(
    act: Any, asked: Hospital, db: Database, commander: PageClient
) -> None:
    incident = declared(db, asked, exercise=True)
    poll = begin(act, asked, incident_id=incident.id).poll
    assert texts(db, asked, CLEO)[0].startswith("EXERCISE. ")
    units = {unit.id: dict.fromkeys(BEDS, 3) for unit in asked.units.values()}
    assert act(actions.answer, asked.commander, poll.id, numbers=units, how="hand").complete
    assert readings(db, asked) == {}
    assert "do not become readings" in commander.get(f"/polls/{poll.id}").text
    log = commander.get(f"/incidents/{incident.id}/log").text
    assert "Poll started: Beds now" in log
    assert "Poll closed: Beds now" in log
