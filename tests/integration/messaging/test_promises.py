"""What messaging promises about sending (I1 to I3), by name, with the simulated phones."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Invalid
from app.messaging import lookout, queries
from app.messaging.actions import Wish, request_all
from app.messaging.actions.reports import Report
from app.messaging.actions.sending import Outcome, record
from app.messaging.carriers import Accepted, Ambiguous, Outgoing, Refused
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.retries import LEASE, MOST_TRIES
from app.messaging.worker import Sender
from app.runtime import runtime
from tests.integration.messaging.conftest import Post, Rooms
from tests.integration.messaging.reading import claimed, texts


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
    runtime().parts["carriers"][Channel.SMS].send(Outgoing(one.to, one.body, one.attempt_id, one.reference))
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


def test_i3_one_of_two_tries_that_fails_ends_nothing_while_the_other_may_arrive(
    post: Post, db: Database, clock: ManualClock, rooms: Rooms, look: Callable[[], int]
) -> None:
    intent = post.ask()
    [first] = claimed(db)
    db.transact(record, [Outcome(first.attempt_id, Ambiguous("no answer"))])
    look()
    [second] = claimed(db)
    db.transact(record, [Outcome(second.attempt_id, Accepted("SM2"))])
    drain = runtime().parts["drain"]
    drain.hear(Report(first.attempt_id, "callback", "SM1", "undelivered", 30003))
    clock.advance(hours=1)
    assert claimed(db) == []
    assert (post.state(intent), rooms.stages(intent)) == ("sent", ["sent"])
    drain.hear(Report(second.attempt_id, "callback", "SM2", "undelivered", 30005))
    assert (post.state(intent), rooms.stages(intent)) == ("failed", ["sent", "failed"])
