"""What messaging promises to those who are asked and who answer (I4 to I9), by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.messaging import lookout
from app.messaging.actions import supersede
from app.messaging.actions.incoming import receive
from app.messaging.actions.sending import Outcome, record
from app.messaging.carriers import Ambiguous, Refused
from app.messaging.carriers.errors import ErrorClass
from app.messaging.models import InboundText
from app.messaging.retries import LEASE
from app.messaging.worker import Sender
from app.staffing.models import ContactMethod
from tests.integration.messaging.conftest import Post, Rooms
from tests.integration.messaging.reading import attempts, claimed, texts


def test_i4_nothing_is_requested_for_somebody_who_has_opted_out(
    post: Post, db: Database, sender: Sender
) -> None:
    db.transact(receive, post.contact().address, "STOP")
    intent = post.ask()
    assert (intent.state.value, "opted out" in (intent.error or "")) == ("refused", True)
    assert sender.run_once() == 0
    assert texts(db) == []


def test_i4_an_opt_out_after_the_request_holds_the_text_back(
    post: Post, db: Database, sender: Sender, rooms: Rooms
) -> None:
    intent = post.ask()
    db.transact(receive, post.contact().address, " stop. ")
    sender.run_once()
    assert texts(db) == []
    assert post.state(intent) == "failed"
    assert rooms.stages(intent) == ["failed"]


def test_i4_what_is_superseded_is_not_sent(post: Post, db: Database, sender: Sender) -> None:
    gone, kept = post.ask(key="a"), post.ask(key="b", index=1)
    assert db.transact(supersede, subject_id=gone.subject_id) == 1
    assert db.transact(supersede, subject_id=gone.subject_id) == 0
    sender.run_once()
    assert [text.number for text in texts(db)] == [kept.to]
    assert post.state(gone) == "superseded"


def test_i4_what_is_superseded_in_flight_is_not_tried_again(
    post: Post, db: Database, clock: ManualClock, rooms: Rooms
) -> None:
    intent = post.ask()
    [one] = claimed(db)
    assert db.transact(supersede, subject_id=intent.subject_id) == 0
    db.transact(record, [Outcome(one.attempt_id, Refused(20429, ErrorClass.RETRY_LATER, "slow down"))])
    clock.advance(hours=1)
    assert claimed(db) == []
    assert post.state(intent) == "superseded"
    assert rooms.stages(intent) == []


def test_i4_what_is_superseded_while_unknown_is_not_sent_again(
    post: Post, db: Database, sender: Sender, look: Callable[[], int]
) -> None:
    intent = post.ask()
    [one] = claimed(db)
    db.transact(record, [Outcome(one.attempt_id, Ambiguous("no answer"))])
    assert db.transact(supersede, subject_id=intent.subject_id) == 1
    look()
    assert sender.run_once() == 0
    assert post.state(intent) == "superseded"


def test_i4_a_number_that_left_the_roster_gets_nothing(post: Post, db: Database, sender: Sender) -> None:
    intent = post.ask()
    number = post.contact().id
    db.transact(lambda uow: uow.session.execute(sa.delete(ContactMethod).where(ContactMethod.id == number)))
    sender.run_once()
    assert texts(db) == []
    assert post.state(intent) == "failed"


def test_i6_two_phones_of_one_person(post: Post, db: Database, rooms: Rooms) -> None:
    person = post.hospital.people[0]

    def second(uow) -> None:  # type: ignore[no-untyped-def]
        uow.session.add(
            ContactMethod(id=uow.new_id(), person_id=person.id, channel="sms", address="+12025550199", rank=2)
        )

    db.transact(second)
    for number in (person.contacts[0].address, "+12025550199"):
        assert db.transact(receive, number, "1") == "reply"
    assert [inbound.person_ids for inbound in rooms.replies] == [(person.id,), (person.id,)]


def test_i6_one_phone_of_two_people(post: Post, db: Database, rooms: Rooms) -> None:
    one, other = post.hospital.people[0], post.hospital.people[1]

    def share(uow) -> None:  # type: ignore[no-untyped-def]
        address = one.contacts[0].address
        uow.session.add(
            ContactMethod(id=uow.new_id(), person_id=other.id, channel="sms", address=address, rank=2)
        )

    db.transact(share)
    db.transact(receive, one.contacts[0].address, "1A")
    assert rooms.replies[0].person_ids == tuple(sorted((one.id, other.id)))
    db.transact(receive, one.contacts[0].address, "STOP")
    with db.read() as session:
        query = sa.select(ContactMethod.opted_out_at).where(ContactMethod.address == one.contacts[0].address)
        assert all(session.scalars(query))
    assert post.contact(1).opted_out_at is None


def test_i6_an_unknown_sender_changes_nothing(post: Post, db: Database, rooms: Rooms) -> None:
    for text in ("1", "STOP", "START", "\N{PILE OF POO}", ""):
        assert db.transact(receive, "+12025550198", text) == "unknown sender"
    assert rooms.replies == []
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(InboundText)) == 5


def test_i6_somebody_inactive_is_unknown(post: Post, db: Database, rooms: Rooms) -> None:
    person = post.hospital.people[0]
    db.transact(lambda uow: setattr(uow.session.get(type(person), person.id), "active", False))
    assert db.transact(receive, person.contacts[0].address, "1") == "unknown sender"
    assert rooms.replies == []


def test_i6_the_same_text_counts_once(post: Post, db: Database, rooms: Rooms) -> None:
    number = post.contact().address
    assert db.transact(receive, number, "1", carrier_id="SM1") == "reply"
    assert db.transact(receive, number, "1", carrier_id="SM1") == "repeated"
    assert len(rooms.replies) == 1


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("STOP", "stop"),
        ("unsubscribe", "stop"),
        ("Optout", "stop"),
        ("REVOKE", "stop"),
        ("STOP 12345", "reply"),
        ("yes", "reply"),  # opts in only who has opted out
        ("START", "reply"),
        ("HELP", "help"),
        ("1", "reply"),
    ],
)
@pytest.mark.engine("sqlite")
def test_i6_words_and_answers(post: Post, db: Database, text: str, outcome: str) -> None:
    assert db.transact(receive, post.contact().address, text) == outcome
    assert (post.contact().opted_out_at is not None) == (outcome == "stop")


@pytest.mark.parametrize("word", ["START", "Unstop", "yes"])
@pytest.mark.engine("sqlite")
def test_start_undoes_stop(post: Post, db: Database, sender: Sender, word: str) -> None:
    number = post.contact().address
    db.transact(receive, number, "stop")
    assert db.transact(receive, number, "1") == "reply"  # an answer is still an answer
    assert db.transact(receive, number, word) == "start"
    intent = post.ask()
    sender.run_once()
    assert post.state(intent) == "delivered"


def test_i7_urgent_first_and_nobody_starves(post: Post, db: Database, clock: ManualClock) -> None:
    low_old = post.ask(key="low and old", lane=2)
    clock.advance(seconds=70)
    low_new = post.ask(key="low and new", lane=2)
    normal = post.ask(key="normal")
    urgent = post.ask(key="urgent", lane=0)
    order = [one.reference for one in claimed(db)]
    assert order == [intent.reference for intent in (urgent, low_old, normal, low_new)]


def test_i7_the_pace_holds_over_all_processes(post: Post, db: Database, clock: ManualClock) -> None:
    for n in range(60):
        post.ask(key=f"k{n}", body="x" * 170)  # two segments each
    moments = []
    for _ in range(40):  # four seconds
        for worker in ("one", "other"):
            moments += [claim.moment or clock.now() for claim in claimed(db, worker, 30, rate=20)]
        clock.advance(seconds=0.1)
    assert len(moments) >= 38
    for start in moments:
        in_a_second = sum(start <= moment < start + timedelta(seconds=1) for moment in moments)
        assert 2 * in_a_second <= 20
    assert [row.claimed_by for row in attempts(db)].count("other") < 60


def test_i9_every_try_has_a_row(post: Post, db: Database, sender: Sender, clock: ManualClock) -> None:
    intent = post.ask()
    [one] = claimed(db)
    db.transact(record, [Outcome(one.attempt_id, Refused(30410, ErrorClass.RETRY_LATER, "No answer"))])
    clock.advance(minutes=1)
    sender.run_once()
    first, second = post.attempts(intent)
    assert (first.n, first.state, first.error_code, first.detail) == (1, "declined", 30410, "No answer")
    assert (second.n, second.state, second.status) == (2, "accepted", "delivered")
    assert first.ended_at is not None
    assert second.carrier_id is not None


def test_a_room_that_fails_loses_nothing(
    post: Post, db: Database, sender: Sender, rooms: Rooms, clock: ManualClock, look: Callable[[], int]
) -> None:
    intent = post.ask()
    rooms.raises = True
    sender.run_once()
    assert post.state(intent) == "claimed"
    rooms.raises = False
    clock.advance(seconds=LEASE.total_seconds())
    look()
    assert sender.run_once() == 0
    assert post.state(intent) == "delivered"
    assert rooms.stages(intent) == ["sent", "delivered"]
    assert len(texts(db)) == 1


def test_a_text_that_a_room_fails_on_is_done_later(
    app: Flask, post: Post, db: Database, rooms: Rooms, clock: ManualClock
) -> None:
    from app.messaging.actions import incoming

    rooms.raises = True
    text_id = db.transact(incoming.store, carrier_id="SM9", from_=post.contact().address, to="", text="1")
    assert text_id is not None
    app.extensions["muster"].parts["drain"].understand()
    rooms.raises = False
    assert lookout.backlog(app) == 0  # not while whoever stored it may still be at it
    clock.advance(seconds=10)
    assert lookout.backlog(app) == 1
    assert lookout.backlog(app) == 0
    assert len(rooms.replies) == 1


def test_the_sender_in_the_background_sends_what_is_asked_for(app: Flask, post: Post, db: Database) -> None:
    sender = Sender(app)
    sender.start()
    try:
        intent = post.ask()
        for _ in range(200):
            if post.state(intent) == "delivered":
                break
            threading.Event().wait(0.02)
        assert post.state(intent) == "delivered"
    finally:
        sender.stop()
