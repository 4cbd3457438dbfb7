"""What messaging promises, by name, with the simulated phones."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Invalid
from app.messaging import lookout, queries
from app.messaging.actions import Wish, request_all, supersede
from app.messaging.actions.incoming import receive
from app.messaging.actions.sending import Outcome, claim, record
from app.messaging.carriers import Accepted, Ambiguous, Outgoing, Refused
from app.messaging.carriers.errors import ErrorClass
from app.messaging.models import Attempt, InboundText, SimText
from app.messaging.retries import LEASE, MOST_TRIES
from app.messaging.worker import Sender
from app.runtime import runtime
from app.staffing.models import ContactMethod
from tests.integration.messaging.conftest import Post, Rooms


def texts(db: Database, number: str | None = None) -> list[SimText]:
    query = sa.select(SimText).where(SimText.mine.is_(False)).order_by(SimText.at)
    with db.read() as session:
        return [text for text in session.scalars(query) if number in (None, text.number)]


def claimed(db: Database, worker: str = "w", most: int = 10, rate: int = 0):  # type: ignore[no-untyped-def]
    return db.transact(claim, worker=worker, carrier="simulated", most=most, rate=rate)


def test_i1_asked_twice_is_one_text(post: Post, db: Database, sender: Sender) -> None:
    first = post.ask(key="a", body="Once")
    again = post.ask(key="a", body="Something else")
    assert (again.id, again.body) == (first.id, first.body)
    assert sender.run_once() == 1
    assert sender.run_once() == 0
    assert len(texts(db)) == 1


def test_i1_asked_by_many_at_once_is_one_text(post: Post, db: Database, sender: Sender) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(post.ask(key="a").id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    sender.run_once()
    assert len(texts(db)) == 1


def test_many_wishes_keep_their_order(post: Post, db: Database) -> None:
    person = post.hospital.people[0]
    number = person.contacts[0].address
    wishes = [
        Wish("notice", "s", None, person.id, person.contacts[0].id, number, f"Text {n}", f"key {n}")
        for n in range(1200)
    ]
    intents = db.transact(request_all, wishes)
    assert [intent.key for intent in intents] == [wish.key for wish in wishes]
    again = db.transact(request_all, wishes[:3] + wishes[:1])
    assert [intent.id for intent in again] == [intents[n].id for n in (0, 1, 2, 0)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "2025550123"),
        ("body", ""),
        ("body", "x" * 1595),
        ("lane", 10),
        ("purpose", "spam"),
        ("key", ""),
    ],
)
def test_a_bad_request_names_the_field(post: Post, field: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        post.ask(**{"key": "a", field: value})  # type: ignore[arg-type]
    assert field in caught.value.errors


def test_i2_a_text_is_delivered_and_each_step_told_once(post: Post, sender: Sender, rooms: Rooms) -> None:
    intent = post.ask()
    sender.run_once()
    assert post.state(intent) == "delivered"
    assert rooms.stages(intent) == ["sent", "delivered"]
    assert post.intent(intent).delivered_at is not None


def test_i2_a_text_nobody_could_send_in_time_expires(
    post: Post, db: Database, sender: Sender, clock: ManualClock, rooms: Rooms
) -> None:
    intent = post.ask(expires_at=clock.now() + timedelta(minutes=10))
    clock.advance(hours=6)
    sender.run_once()
    assert post.state(intent) == "expired"
    assert rooms.stages(intent) == ["failed"]
    assert "too late" in (rooms.deliveries[0].error or "")
    assert texts(db) == []
    assert [attempt.state for attempt in post.attempts(intent)] == ["withheld"]


def test_i2_not_before_its_time(post: Post, sender: Sender, clock: ManualClock) -> None:
    intent = post.ask(not_before=clock.now() + timedelta(minutes=5))
    assert sender.run_once() == 0
    clock.advance(minutes=5)
    assert sender.run_once() == 1
    assert post.state(intent) == "delivered"


def test_i2_slowed_down_texts_are_tried_again_until_they_go(
    post: Post, db: Database, clock: ManualClock, rooms: Rooms
) -> None:
    intent = post.ask()
    waits = []
    for _ in range(4):
        [one] = claimed(db)
        db.transact(record, [Outcome(one.attempt_id, Refused(20429, ErrorClass.RETRY_LATER, "slow down"))])
        assert claimed(db) == []
        waits.append(post.intent(intent).due_at - clock.now())
        clock.advance(seconds=waits[-1].total_seconds())
    assert waits == sorted(waits)
    assert timedelta(seconds=1) <= waits[0] <= timedelta(seconds=2)
    [one] = claimed(db)
    db.transact(record, [Outcome(one.attempt_id, Accepted("SM1"))])
    assert rooms.stages(intent) == ["sent"]
    assert len(post.attempts(intent)) == 5


def test_i2_a_carrier_that_never_takes_it_ends_in_failed(
    post: Post, db: Database, clock: ManualClock, rooms: Rooms
) -> None:
    intent = post.ask()
    for _ in range(MOST_TRIES):
        [one] = claimed(db)
        db.transact(record, [Outcome(one.attempt_id, Refused(None, ErrorClass.RETRY_LATER, "No connection"))])
        clock.advance(minutes=2)
    assert claimed(db) == []
    assert post.state(intent) == "failed"
    assert rooms.stages(intent) == ["failed"]


def test_i3_killed_between_claim_and_send_it_is_sent_once(
    post: Post, db: Database, sender: Sender, clock: ManualClock, look: Callable[[], int]
) -> None:
    intent = post.ask()
    assert len(claimed(db, "a sender that dies")) == 1
    assert sender.run_once() == 0
    assert look() == 0  # the lease still runs
    clock.advance(seconds=LEASE.total_seconds())
    look()
    assert sender.run_once() == 1
    assert len(texts(db)) == 1
    assert [attempt.state for attempt in post.attempts(intent)] == ["not_found", "accepted"]
    assert [attempt.extra for attempt in post.attempts(intent)] == [False, True]
    with db.read() as session:
        assert queries.queue(session, clock.now()).extra == 1


def test_i3_killed_between_send_and_record_it_is_found_and_not_sent_again(
    app: Flask, post: Post, db: Database, sender: Sender, clock: ManualClock, rooms: Rooms
) -> None:
    intent = post.ask()
    [one] = claimed(db, "a sender that dies")
    runtime().parts["carrier"].send(Outgoing(one.to, one.body, one.attempt_id, one.reference))
    clock.advance(seconds=LEASE.total_seconds())
    lookout.look(app)
    assert sender.run_once() == 0
    assert len(texts(db)) == 1
    assert post.state(intent) == "delivered"
    assert rooms.stages(intent) == ["sent", "delivered"]


def test_i3_a_sender_whose_process_is_gone_is_not_waited_for(
    post: Post, db: Database, sender: Sender, look: Callable[[], int]
) -> None:
    machine = sender._name.rsplit(":", 2)[0]
    intent = post.ask()
    assert len(claimed(db, f"{machine}:4194305:x")) == 1  # above the largest process id there is
    other = post.ask(key="other")
    assert len(claimed(db, f"{machine}:1:x")) == 1  # lives
    assert sender.recover() == 1
    look()
    assert sender.run_once() == 1
    assert (post.state(intent), post.state(other)) == ("delivered", "claimed")


def test_i3_a_sender_that_wakes_after_its_lease_is_fenced(
    post: Post, db: Database, sender: Sender, clock: ManualClock, look: Callable[[], int]
) -> None:
    """It changes nothing but what it alone knows: that the carrier has its text too."""
    intent = post.ask()
    [one] = claimed(db, "a sender that sleeps")
    clock.advance(seconds=LEASE.total_seconds())
    look()
    sender.run_once()
    assert post.state(intent) == "delivered"
    assert db.transact(record, [Outcome(one.attempt_id, Refused(21211, ErrorClass.FIX_CONTACT, "no"))]) == 0
    assert post.contact().suspect_since is None
    assert db.transact(record, [Outcome(one.attempt_id, Accepted("late"))]) == 0
    assert post.state(intent) == "delivered"
    assert [attempt.carrier_id is not None for attempt in post.attempts(intent)] == [True, True]


def test_i3_each_ambiguity_brings_at_most_one_more_try(
    post: Post, db: Database, clock: ManualClock, look: Callable[[], int]
) -> None:
    intent = post.ask()
    for tries in range(1, MOST_TRIES + 1):
        [one] = claimed(db)
        db.transact(record, [Outcome(one.attempt_id, Ambiguous("no answer"))])
        assert claimed(db) == []
        assert post.state(intent) == "unknown"
        look()
        look()
        assert len(post.attempts(intent)) == tries
    assert claimed(db) == []
    assert post.state(intent) == "failed"


def test_i3_two_senders_at_once_send_each_text_once(app: Flask, post: Post, db: Database) -> None:
    person = post.hospital.people[0]
    contact = person.contacts[0]
    wishes = [
        Wish("notice", "s", None, person.id, contact.id, contact.address, f"Text {n}", f"key {n}")
        for n in range(300)
    ]
    db.transact(request_all, wishes)
    senders = [Sender(app) for _ in range(3)]
    done: list[int] = []
    threads = [threading.Thread(target=lambda one=one: done.append(one.run_once())) for one in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in senders:
        one.stop()
    assert sum(done) == 300
    assert Counter(Counter(text.body for text in texts(db)).values()) == {1: 300}
    assert set(post.all_states()) == {"delivered"}


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
    taken = []
    for _ in range(40):  # four seconds
        taken.append(sum(len(claimed(db, worker, 30, rate=20)) for worker in ("one", "other")))
        clock.advance(seconds=0.1)
    assert sum(taken) >= 38
    for start in range(len(taken) - 9):
        assert 2 * sum(taken[start : start + 10]) <= 20 + 2 + 2  # a second's worth, the burst, one text
    assert [row.claimed_by for row in _attempts(db)].count("other") < 60


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


def _attempts(db: Database) -> list[Attempt]:
    with db.read() as session:
        return list(session.scalars(sa.select(Attempt)))
