"""Several senders: paces, opt-outs, circuits and allowances of each, over all processes (I2, I4, I7, I9)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Forbidden, Invalid, NotFound
from app.messaging import queries
from app.messaging.actions import senders as acts
from app.messaging.actions.incoming import receive
from app.messaging.actions.reports import Report
from app.messaging.actions.sending import Claim, Outcome, record
from app.messaging.carriers import Accepted, Refused
from app.messaging.carriers.errors import CODES, ErrorClass, stops_the_sender
from app.messaging.channels import Channel
from app.messaging.models import SenderState
from app.messaging.optouts import closed, unreachable
from app.messaging.retries import LONGEST_WAIT
from app.messaging.senders import Sender, SenderKind
from app.messaging.worker import Sender as Engine
from tests.integration.messaging.conftest import Post, Rooms
from tests.integration.messaging.reading import claimed
from tests.integration.messaging.reading import sender as simulated

A, B = "+12025550100", "+12025550101"
CONFIGURATION = sorted(code for code, what in CODES.items() if stops_the_sender(what, code))


def two(rate_a: float = 0.0, rate_b: float = 0.0) -> list[Sender]:
    return [
        Sender(A, SenderKind.LONG_CODE, Channel.SMS, rate_a),
        Sender(B, SenderKind.LONG_CODE, Channel.SMS, rate_b),
    ]


def one(**more: object) -> list[Sender]:
    return [Sender(A, SenderKind.LONG_CODE, Channel.SMS, 0.0, **more)]  # type: ignore[arg-type]


def refuse(db: Database, claim: Claim, code: int) -> None:
    db.transact(record, [Outcome(claim.attempt_id, Refused(code, CODES[code], "no"))])


def accept(db: Database, claim: Claim) -> None:
    db.transact(record, [Outcome(claim.attempt_id, Accepted(f"SM{claim.attempt_id}"))])


def state(db: Database, sender: str = A) -> SenderState:
    with db.read() as session:
        found = session.get(SenderState, (Channel.SMS, sender))
        assert found is not None
        return found


def events(db: Database) -> list[str]:
    with db.read() as session:
        return [event.what for event in reversed(queries.sender_events(session))]


def test_i7_two_senders_keep_their_paces_over_all_processes(
    post: Post, db: Database, clock: ManualClock
) -> None:
    for n in range(120):
        post.ask(n % 8, key=f"k{n}")
    taken: list[Counter[str | None]] = []
    for _ in range(40):  # four seconds
        now: Counter[str | None] = Counter()
        for worker in ("one", "other"):
            now.update(c.sender for c in claimed(db, worker, 30, senders=two(10, 20)))
        taken.append(now)
        clock.advance(seconds=0.1)
    for sender, rate in ((A, 10), (B, 20)):
        for start in range(len(taken) - 9):
            assert sum(c[sender] for c in taken[start : start + 10]) <= rate * 1.1 + 1
        assert sum(c[sender] for c in taken) >= 4 * rate * 0.95


def test_i4_stop_closes_the_sender_it_was_sent_to_and_no_other(post: Post, db: Database) -> None:
    number = post.contact().address
    assert claimed(db, senders=two()) == []  # both are known from now on
    for closing, left in ((A, B), (B, A)):
        db.transact(receive, number, "STOP", to=closing)
        intent = post.ask(key=f"after {closing}")
        [claim] = claimed(db, senders=two())
        assert (intent.state.value, claim.sender, claim.withheld) == ("pending", left, None)
        accept(db, claim)
        assert post.contact().opted_out_at is None
        db.transact(receive, number, "START", to=closing)
    with db.read() as session:
        assert closed(session, [number]) == {}


def test_i4_who_has_stopped_every_sender_gets_nothing_and_it_is_said(
    post: Post, db: Database, rooms: Rooms
) -> None:
    number = post.contact().address
    waiting = post.ask(key="before")
    db.transact(acts.register, Channel.SMS, two())
    for sender in (A, B):
        db.transact(receive, number, "STOP", to=sender)
    assert post.contact().opted_out_at is not None
    with db.read() as session:
        assert unreachable(session, [number, post.contact(1).address]) == {number}
    refused = post.ask(key="after")
    assert (refused.state.value, "opted out" in (refused.error or "")) == ("refused", True)
    [claim] = claimed(db, senders=two())
    assert claim.withheld is not None
    db.transact(record, [Outcome(claim.attempt_id, claim.withheld, withheld=True)])
    assert (post.state(waiting), rooms.stages(waiting)) == ("failed", ["failed"])
    db.transact(receive, number, "START", to=B)
    assert post.contact().opted_out_at is None
    assert post.ask(key="again").state.value == "pending"


@pytest.mark.parametrize("code", [21610, 30004, 30007, 63038])
def test_what_one_sender_is_refused_for_goes_by_another_at_once(
    code: int, post: Post, db: Database, rooms: Rooms
) -> None:
    intent = post.ask()
    [first] = claimed(db, senders=two())
    refuse(db, first, code)
    [second] = claimed(db, senders=two())
    assert {first.sender, second.sender} == {A, B}
    refuse(db, second, code)
    assert claimed(db, senders=two()) == []
    assert (post.state(intent), rooms.stages(intent)) == ("failed", ["failed"])
    with db.read() as session:
        stopped = closed(session, [intent.to]).get(intent.to, set())
    assert stopped == ({A, B} if CODES[code] is ErrorClass.OPTED_OUT else set())


@pytest.mark.parametrize("code", CONFIGURATION)
def test_i2_a_sender_that_is_set_up_wrongly_stops_at_once_and_its_texts_wait(
    code: int, post: Post, db: Database, clock: ManualClock, rooms: Rooms
) -> None:
    intents = [post.ask(n, key=f"k{n}") for n in range(4)]
    claims = claimed(db, most=2, senders=one())
    for claim in claims:
        refuse(db, claim, code)
    assert (state(db).stopped_code, events(db)) == (code, ["stopped"])
    assert claimed(db, senders=one()) == []
    assert set(post.all_states()) == {"pending"}
    with db.read() as session:
        assert "has stopped" in queries.in_trouble(session, clock.now())[0]
    clock.advance(seconds=30)
    [probe] = claimed(db, senders=one())  # one text, no more
    assert claimed(db, senders=one()) == []
    refuse(db, probe, code)
    clock.advance(seconds=30)
    assert claimed(db, senders=one()) == []  # the next wait is longer
    clock.advance(seconds=30)
    [probe] = claimed(db, senders=one())
    accept(db, probe)
    seen_on_delivery = code >= 30_000
    assert (state(db).stopped_since is not None) == (seen_on_delivery and code < 40_000)
    if seen_on_delivery:
        report = Report(probe.attempt_id, "callback", f"SM{probe.attempt_id}", "delivered")
        apply(db, report)
    assert state(db).stopped_since is None
    for claim in claimed(db, senders=one()):
        accept(db, claim)
    assert all("failed" not in rooms.stages(intent) for intent in intents)
    assert set(post.all_states()) <= {"sent", "delivered"}
    assert events(db) == ["stopped", "opened"]


def apply(db: Database, report: Report) -> None:
    from app.messaging.actions import reports
    from app.messaging.drain import open_ids
    from app.messaging.models import CarrierEvent
    from app.runtime import runtime

    db.transact(reports.store, [report])
    db.transact(reports.apply, open_ids(runtime(), CarrierEvent))


def test_while_one_sender_is_stopped_the_other_takes_everything(
    post: Post, db: Database, clock: ManualClock
) -> None:
    for n in range(8):
        post.ask(n, key=f"k{n}")
    claims = claimed(db, senders=two())
    assert {claim.sender for claim in claims} == {A, B}
    for claim in claims:
        if claim.sender == A:
            refuse(db, claim, 20003)
        else:
            accept(db, claim)
    for claim in claimed(db, senders=two()):
        assert claim.sender == B
        accept(db, claim)
    assert set(post.all_states()) == {"sent"}


@pytest.mark.parametrize("code", [21408, 21602, 21617])
def test_what_is_wrong_with_one_text_stops_no_sender(code: int, post: Post, db: Database) -> None:
    intent = post.ask()
    [claim] = claimed(db, senders=one())
    refuse(db, claim, code)
    assert (post.state(intent), state(db).stopped_since) == ("failed", None)


def test_a_text_that_waits_too_long_for_its_sender_is_told_to_be_too_late(
    post: Post, db: Database, clock: ManualClock, rooms: Rooms
) -> None:
    soon = post.ask(0, key="soon", expires_at=clock.now() + timedelta(minutes=5))
    late = post.ask(1, key="late")
    for claim in claimed(db, senders=one()):
        refuse(db, claim, 20003)
    clock.advance(seconds=5 * 60 + 1)
    for claim in claimed(db, senders=one()):
        if claim.withheld:
            db.transact(record, [Outcome(claim.attempt_id, claim.withheld, withheld=True)])
        else:
            refuse(db, claim, 20003)
    assert (post.state(soon), post.state(late)) == ("expired", "pending")
    clock.advance(seconds=LONGEST_WAIT.total_seconds())
    [claim] = claimed(db, senders=one())
    assert claim.withheld is not None
    db.transact(record, [Outcome(claim.attempt_id, claim.withheld, withheld=True)])
    assert (post.state(late), rooms.stages(late)) == ("expired", ["failed"])


def test_a_person_may_let_a_stopped_sender_send_again(  # type: ignore[no-untyped-def]
    post: Post, db: Database, clock: ManualClock, hospital, act
) -> None:
    post.ask()
    [claim] = claimed(db, senders=one())
    refuse(db, claim, 20003)
    again = {"channel": Channel.SMS, "sender": A}
    with pytest.raises(Forbidden):
        act(acts.reopen, hospital.leadership, **again)
    with pytest.raises(NotFound):
        act(acts.reopen, hospital.commander, channel=Channel.SMS, sender=B)
    clock.advance(seconds=1)
    act(acts.reopen, hospital.commander, **again)
    assert len(claimed(db, senders=one())) == 1
    with db.read() as session:
        newest = queries.sender_events(session)[0]
    assert (newest.what, newest.actor) == ("opened", hospital.commander.name)


def test_a_storm_of_requests_to_slow_down_slows_the_sender(
    post: Post, db: Database, clock: ManualClock
) -> None:
    for n in range(60):
        post.ask(n % 8, key=f"k{n}")
    for claim in claimed(db, most=20, senders=one()):
        refuse(db, claim, 20429)
    assert (state(db).slow, events(db)) == (1, ["slowed"])  # one storm, not twenty
    in_a_second = 0
    for _ in range(20):
        clock.advance(seconds=0.05)
        claims = claimed(db, most=64, senders=one())
        in_a_second += len(claims)
        for claim in claims:
            accept(db, claim)
    assert 25 <= in_a_second <= 36  # 32 a second and the burst


def test_a_daily_allowance_that_is_used_up_rests_the_sender(
    post: Post, db: Database, clock: ManualClock, rooms: Rooms
) -> None:
    for n in range(3):
        post.ask(n, key=f"k{n}")
    claims = claimed(db, senders=one(daily_cap=2))
    assert [claim.withheld is None for claim in claims] == [True, True, False]
    assert claims[2].withheld is not None
    assert claims[2].withheld.error_class is ErrorClass.DAILY_CAP
    clock.advance(hours=24)
    post.ask(4, key="tomorrow")
    assert [claim.withheld for claim in claimed(db, senders=one(daily_cap=2))] == [None]


def test_an_allowance_of_one_network_leaves_the_others(post: Post, db: Database) -> None:
    post.ask(0, key="first")
    [claim] = claimed(db, senders=one())
    refuse(db, claim, 30023)
    post.ask(1, key="second")
    assert [claim.withheld for claim in claimed(db, senders=one())] == [None]
    assert events(db) == ["rests"]


def test_one_text_that_must_wait_does_not_hold_up_the_others(post: Post, db: Database) -> None:
    db.transact(acts.register, Channel.SMS, two(1.0, 100.0))
    number = post.contact().address
    db.transact(receive, number, "STOP", to=B)
    for n in range(12):
        post.ask(0, key=f"slow {n}", lane=0)
    for n in range(1, 8):
        post.ask(n, key=f"quick {n}", lane=2)
    seen: list[str] = []
    for _ in range(6):
        seen += [claim.to for claim in claimed(db, most=4, senders=two(1.0, 100.0))]
    assert set(seen) > {number}
    assert len(set(seen)) >= 7


def test_a_channel_without_a_sender_says_so_at_once(
    app: Flask, post: Post, db: Database, rooms: Rooms
) -> None:
    app.extensions["muster"].parts["carriers"].pop(Channel.EMAIL, None)
    engine = Engine(app)
    person = post.hospital.people[0]
    intent = post.ask(to="ada@hospital.example", channel=Channel.EMAIL, title="Call-out", person_id=person.id)
    engine.run_once()
    engine.stop()
    assert (post.state(intent), rooms.stages(intent)) == ("failed", ["failed"])
    assert "No sender is set up for mails" in (post.intent(intent).error or "")


@pytest.mark.parametrize(
    ("channel", "bad"),
    [
        (Channel.VOICE, {"to": "ada@hospital.example"}),
        (Channel.EMAIL, {"to": "+12025550123"}),
        (Channel.EMAIL, {"to": "ada@hospital.example, ben@hospital.example"}),
        (Channel.EMAIL, {"to": "ada@hospital.example", "title": "Two\nlines"}),
        (Channel.WEBHOOK, {"to": "ftp://hospital.example/in"}),
        (Channel.WEBHOOK, {"to": "https://hospital.example", "body": "x" * 60_001}),
    ],
)
@pytest.mark.engine("sqlite")
def test_a_wish_is_checked_for_its_channel(post: Post, channel: Channel, bad: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        post.ask(channel=channel, **bad)


def test_a_sender_that_left_the_settings_is_used_no_more(post: Post, db: Database) -> None:
    claimed(db, senders=two())
    for n in range(8):
        post.ask(n, key=f"k{n}")
    assert {claim.sender for claim in claimed(db, senders=two()[:1])} == {A}
    with db.read() as session:
        active = sa.select(SenderState.sender).where(SenderState.active)
        assert list(session.scalars(active)) == [A]
    assert simulated().address not in (A, B)
