"""What carriers call wrong: noted, told over another way, cleared by what arrives, summed up once a day."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.messaging.models import Intent
from app.messaging.states import IntentState
from app.runtime import Runtime
from app.staffing.contacts.models import CareDigest, ContactTrouble
from app.staffing.contacts.ticks import care
from tests.support.callouts import declared
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.reach import SECOND_PHONE, add, change, method, said, sent_to

NINE = timedelta(hours=5)  # the clock stands at four in the morning


@pytest.fixture
def rt(app: Flask) -> Runtime:
    return app.extensions["muster"]


def doubt(db: Database, clock: ManualClock, contact_id: str) -> None:
    change(db, contact_id, suspect_since=clock.now(), suspect_reason="The network does not know this number.")


def test_the_owner_is_told_over_another_way_and_not_again_for_a_week(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock, client: PageClient
) -> None:
    ada = hospital.people[0]
    first, second = ada.contacts[0], add(db, ada, "sms", SECOND_PHONE)
    doubt(db, clock, first.id)
    for _ in range(2):
        care(rt)
    (told,) = sent_to(db, second.id)
    assert "texts to your number ending 00" in told.body
    assert sent_to(db, first.id) == []
    assert [kind for kind, _ in said(db, hospital)] == ["contact.suspect", "contact.owner_told"]
    assert hospital.phone(0) not in json.dumps([data for _, data in said(db, hospital)])
    url = re.search(r"http://localhost(/reach/\S+)", told.body)[1]  # type: ignore[index]
    page = client.get(url).text
    assert "Ada Quill" in page
    assert "in doubt" in page
    client.post(url, {"do": "send", "contact_id": first.id})
    assert len(sent_to(db, first.id)) == 1
    client.post(url, {"do": "send", "contact_id": hospital.people[1].contacts[0].id}, 404)
    change(db, first.id, suspect_since=None, suspect_reason=None)
    care(rt)
    clock.advance(days=2)
    doubt(db, clock, first.id)
    care(rt)
    assert len(sent_to(db, second.id)) == 1, "told two days ago"
    clock.advance(days=5)
    care(rt)
    assert len(sent_to(db, second.id)) == 2


def test_what_arrives_ends_the_doubt(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    ada = hospital.people[0]
    first, second = ada.contacts[0], add(db, ada, "sms", SECOND_PHONE)
    doubt(db, clock, second.id)
    care(rt)
    clock.advance(minutes=1)
    arrived(db, first.id, clock)
    care(rt)
    assert method(db, second.id).suspect_since is not None, "that was another phone"
    arrived_at(db, first.id, second.id)
    care(rt)
    assert method(db, second.id).suspect_since is None
    assert [kind for kind, _ in said(db, hospital)][-1] == "contact.works_again"
    with db.read() as session:
        assert session.scalars(sa.select(ContactTrouble.ended_at)).all() == [clock.now()]


def test_nobody_is_asked_while_something_real_goes_on(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    ada = hospital.people[0]
    second = add(db, ada, "sms", SECOND_PHONE)
    declared(db, hospital)
    doubt(db, clock, ada.contacts[0].id)
    care(rt)
    assert sent_to(db, second.id) == []
    assert [kind for kind, _ in said(db, hospital)] == ["contact.suspect"], "but it is noted"


def test_keepers_are_told_once_a_day_of_what_is_new(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    keeper = hospital.people[4]
    doubt(db, clock, hospital.people[0].contacts[0].id)
    care(rt)
    assert sent_to(db, keeper.contacts[0].id) == [], "not before eight"
    clock.advance(hours=NINE.total_seconds() / 3600)
    for _ in range(3):
        care(rt)
        clock.advance(minutes=1)
    (digest,) = sent_to(db, keeper.contacts[0].id)
    assert "1 ways to reach people newly in doubt, 1 in all; 1 people cannot be reached" in digest.body
    clock.advance(days=1)
    care(rt)
    assert len(sent_to(db, keeper.contacts[0].id)) == 1, "nothing is new"
    doubt(db, clock, hospital.people[1].contacts[0].id)
    care(rt)
    assert len(sent_to(db, keeper.contacts[0].id)) == 1, "today's has been"
    clock.advance(days=1)
    care(rt)
    assert len(sent_to(db, keeper.contacts[0].id)) == 2
    with db.read() as session:
        assert session.scalars(sa.select(CareDigest.told).order_by(CareDigest.day)).all() == [1, 0, 1]


def test_the_list_has_those_first_whom_nothing_reaches(
    rt: Runtime, db: Database, app: Flask, hospital: Hospital, clock: ManualClock
) -> None:
    add(db, hospital.people[0], "sms", SECOND_PHONE)
    doubt(db, clock, hospital.people[0].contacts[0].id)
    doubt(db, clock, hospital.people[1].contacts[0].id)
    change(db, hospital.people[2].contacts[0].id, opted_out_at=clock.now())
    client = PageClient(app, hospital.administrator)
    assert client.get("/people/reach", 302).location == "/people/reach/SBMC"
    page = client.get("/people/reach/SBMC").text
    unreachable, in_doubt = (
        page.split("Cannot be reached", 1)[1].split("Numbers and addresses in doubt", 1)[0],
        page,
    )
    assert "everything is in doubt" in unreachable
    assert "has opted out of everything" in unreachable
    assert "The network does not know this number." in in_doubt
    assert hospital.phone(0) not in page
    client.get("/people/reach/NONE", 404)
    PageClient(app, hospital.staff).get("/people/reach/SBMC", 403)
    viewer = PageClient(app, hospital.command_staff)
    assert "Ben Orso" in viewer.get("/people/reach/SBMC").text


def arrived(db: Database, contact_id: str, clock: ManualClock) -> None:
    sent: Any = sa.update(Intent).where(Intent.contact_id == contact_id)
    run(db, sent.values(state=IntentState.DELIVERED, delivered_at=clock.now()))


def arrived_at(db: Database, before: str, after: str) -> None:
    """The message that arrived went to another phone after all."""
    run(db, sa.update(Intent).where(Intent.contact_id == before).values(contact_id=after))


def run(db: Database, statement: Any) -> None:
    db.transact(lambda uow: uow.session.execute(statement))
