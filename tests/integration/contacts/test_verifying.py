"""Codes, links, word of mouth; who may change whose methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.pseudonyms import Pseudonyms
from app.staffing.contacts.actions import owning, verifying
from app.staffing.contacts.models import ContactCare, ContactCode
from app.staffing.contacts.rules import Verdict
from app.staffing.models import Person
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.reach import SECOND_PHONE, change, code_in, method, said, sent_to

KEY = Pseudonyms("x" * 32, "contact codes")


@pytest.fixture
def ada(hospital: Hospital) -> Person:
    return hospital.people[0]


@pytest.fixture
def send(db: Database, ada: Person) -> Callable[..., Any]:
    def send(who: Actor | None = None) -> Any:
        me = who or Actor.person(ada.id, ada.name)
        return db.transact(
            verifying.send_code,
            me,
            ada.id,
            ada.contacts[0].id,
            pseudonyms=KEY,
            public_url="https://m.example",
        )

    return send


def enter(db: Database, person: Person, typed: str, who: Actor | None = None) -> Verdict:
    me = who or Actor.person(person.id, person.name)
    return db.transact(
        verifying.enter_code, me, person.id, person.contacts[0].id, typed=typed, pseudonyms=KEY
    )


def test_a_code_proves_a_method_once(
    db: Database, hospital: Hospital, ada: Person, send: Callable[..., Any], clock: ManualClock
) -> None:
    change(db, ada.contacts[0].id, suspect_since=clock.now(), suspect_reason="wrong")
    made = send()
    (intent,) = sent_to(db, ada.contacts[0].id)
    assert (intent.purpose, intent.channel) == ("check", "sms")
    assert intent.expires_at == made.expires_at
    right = code_in(db, ada.contacts[0].id)
    assert right not in made.digest
    assert enter(db, ada, "000000" if right != "000000" else "111111") is Verdict.WRONG
    assert enter(db, ada, f" {right[:3]} {right[3:]}") is Verdict.RIGHT
    proven = method(db, ada.contacts[0].id)
    assert proven.verified_at == clock.now()
    assert proven.suspect_since is None
    assert enter(db, ada, right) is Verdict.NONE, "a code holds once"
    ((kind, data),) = said(db, hospital)
    assert kind == "contact.verified"
    assert (data["how"], data["ending"]) == ("code", "00")
    assert hospital.phone(0) not in json.dumps(data)


def test_five_tries_even_though_each_is_refused(
    db: Database, ada: Person, send: Callable[..., Any], clock: ManualClock
) -> None:
    send()
    right = code_in(db, ada.contacts[0].id)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    assert [enter(db, ada, wrong) for _ in range(5)] == [Verdict.WRONG] * 5
    assert enter(db, ada, right) is Verdict.SPENT
    clock.advance(seconds=1)
    send()
    assert enter(db, ada, code_in(db, ada.contacts[0].id)) is Verdict.RIGHT


def test_three_codes_an_hour_and_the_newest_counts(
    db: Database, ada: Person, send: Callable[..., Any], clock: ManualClock
) -> None:
    send()
    first = code_in(db, ada.contacts[0].id)
    clock.advance(seconds=1)
    send()
    if first != code_in(db, ada.contacts[0].id):
        assert enter(db, ada, first) is Verdict.WRONG
    clock.advance(minutes=10)
    send()
    with pytest.raises(Conflict, match="Ask again in 50 minutes"):
        send()
    clock.advance(minutes=50)
    send()
    clock.advance(minutes=15)
    assert enter(db, ada, code_in(db, ada.contacts[0].id)) is Verdict.EXPIRED


def test_codes_leave_the_database_when_they_are_over(
    db: Database, ada: Person, send: Callable[..., Any], clock: ManualClock
) -> None:
    send()
    assert db.transact(verifying.forget_codes) == 0
    right = code_in(db, ada.contacts[0].id)
    clock.advance(minutes=15)
    assert db.transact(verifying.forget_codes) == 1
    (intent,) = sent_to(db, ada.contacts[0].id)
    assert right not in intent.body
    assert intent.state == "superseded", "an old code is not sent any more"
    with db.read() as session:
        assert session.scalar(sa.select(ContactCode.digest)) == ""
    assert db.transact(verifying.forget_codes) == 0


def test_one_changes_ones_own_and_the_keeper_everybodys(
    db: Database, hospital: Hospital, ada: Person, send: Callable[..., Any]
) -> None:
    other = Actor.person(hospital.people[1].id, "Ben Orso")
    for who in (other, hospital.staff):
        with pytest.raises(Forbidden):
            send(who)
        with pytest.raises(Forbidden):
            enter(db, ada, "123456", who)
        with pytest.raises(Forbidden):
            db.transact(owning.add_method, who, ada.id, kind="mobile", address=SECOND_PHONE)
    with pytest.raises(Forbidden):
        db.transact(verifying.vouch, Actor.person(ada.id, ada.name), ada.id, ada.contacts[0].id)
    with pytest.raises(NotFound):
        db.transact(
            owning.remove_method, Actor.person(ada.id, ada.name), ada.id, hospital.people[1].contacts[0].id
        )
    send(hospital.administrator)
    db.transact(verifying.vouch, hospital.administrator, ada.id, ada.contacts[0].id)
    with db.read() as session:
        care = session.get_one(ContactCare, ada.contacts[0].id)
    assert (care.verified_how, care.verified_by) == ("word_of_mouth", hospital.administrator.name)


def test_methods_are_added_rested_and_removed(
    db: Database, hospital: Hospital, ada: Person, clock: ManualClock
) -> None:
    me = Actor.person(ada.id, ada.name)
    added = db.transact(owning.add_method, me, ada.id, kind="landline", address="(202) 555-0188")
    assert (added.address, added.rank, added.verified_at) == (SECOND_PHONE, 2, None)
    with pytest.raises(Invalid, match="has this number already"):
        db.transact(owning.add_method, me, ada.id, kind="landline", address=SECOND_PHONE)
    db.transact(owning.set_quiet_hours, me, ada.id, added.id, start="22:00", end="06:00")
    for bad in (("22:00", ""), ("25:00", "06:00"), ("06:00", "06:00"), ("6", "7")):
        with pytest.raises(Invalid):
            db.transact(owning.set_quiet_hours, me, ada.id, added.id, start=bad[0], end=bad[1])
    for bad_until in (clock.now(), clock.now().replace(year=2027)):
        with pytest.raises(Invalid):
            db.transact(owning.pause, me, ada.id, added.id, until=bad_until)
    db.transact(owning.remove_method, me, ada.id, added.id)
    assert [(kind, data.get("what")) for kind, data in said(db, hospital)] == [
        ("contact.added", None),
        ("contact.rests", "quiet_hours"),
        ("contact.removed", None),
    ]
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ContactCare)) == 0


def test_the_page_of_ones_own(app: Flask, db: Database, hospital: Hospital) -> None:
    client, me = PageClient(app, hospital.staff), hospital.people[2]
    page = client.get("/account/reach").text
    assert "How you can be reached" in page
    assert hospital.phone(2) not in page
    form = {"contact_id": me.contacts[0].id}
    client.post("/account/reach", form | {"do": "send"})
    assert "5 tries left" in client.get("/account/reach").text
    wrong = client.post("/account/reach", form | {"do": "enter", "code": "12"}, 422).text
    assert "is not the code" in wrong
    assert "4 tries left" in wrong
    client.post("/account/reach", form | {"do": "enter", "code": code_in(db, me.contacts[0].id)})
    assert "by code by" in client.get("/account/reach").text
    client.post("/account/reach", form | {"do": "quiet", "quiet_from": "22:00", "quiet_to": "06:00"})
    assert "resting until 06:00" in client.get("/account/reach").text, "it is four in the morning"
    client.post("/account/reach", form | {"do": "pause", "until": "2026-11-25T12:00"})
    assert "End the pause" in client.get("/account/reach").text
    client.post("/account/reach", form | {"do": "resume"})
    client.post("/account/reach", {"do": "add", "kind": "email", "address": "cleo@demo.example"})
    assert "@demo.example" in client.get("/account/reach").text
    assert (
        "number that can get texts"
        in client.post("/account/reach", {"do": "add", "kind": "mobile", "address": "12"}, 422).text
    )
    client.post("/account/reach", {"do": "nonsense"}, 422)
    client.post("/account/reach", form | {"do": "vouch"}, 403)
    client.post("/account/reach", form | {"do": "test"}, 403)
    client.post("/account/reach", {"do": "send", "contact_id": hospital.people[0].contacts[0].id}, 404)
    client.get(f"/people/{me.id}/reach", 403)


@pytest.mark.engine("sqlite")
def test_the_keepers_page_of_a_person(app: Flask, db: Database, hospital: Hospital) -> None:
    keeper, ben = PageClient(app, hospital.administrator), hospital.people[1]
    url, form = f"/people/{ben.id}/reach", {"contact_id": ben.contacts[0].id}
    assert "How Ben Orso can be reached" in keeper.get(url).text
    keeper.post(url, form | {"do": "vouch"})
    assert "in person by" in keeper.get(url).text
    keeper.post(url, {"do": "test"})
    assert len(sent_to(db, ben.contacts[0].id)) == 0, "the tick makes it"
    assert "The next is due" in keeper.get(url).text
    keeper.post(f"/people/{ben.id}/contacts/{ben.contacts[0].id}/verify")
    keeper.post(url, form | {"do": "remove"})
    assert "Nothing reaches Ben Orso: no number or address" in keeper.get(url).text
