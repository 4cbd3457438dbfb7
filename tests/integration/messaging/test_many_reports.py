"""Thousands of callbacks shuffled, a fifth repeated, a tenth lost: every text ends as the carrier has it (I2, I5, I9).

MUSTER_CALLBACKS is how many; by default a thousand.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Collection
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.messaging import lookout
from app.messaging.actions import Wish, reports, request_all
from app.messaging.actions.reports import Report
from app.messaging.actions.sending import Outcome, record
from app.messaging.carriers import Accepted, Outgoing, Result
from app.messaging.carriers import Report as CarrierReport
from app.messaging.channels import Channel
from app.messaging.drain import apply_reports, open_ids
from app.messaging.models import Attempt, CarrierEvent, Intent
from app.messaging.status import MessageStatus
from app.runtime import runtime
from tests.integration.messaging.conftest import Post, Rooms
from tests.integration.messaging.reading import claimed

CALLBACKS = int(os.environ.get("MUSTER_CALLBACKS", "1000"))
REPEATED, LOST = 0.2, 0.1
ENDS = {"delivered": ("delivered", None), "undelivered": ("failed", 30005), "sent": ("unconfirmed", None)}


class Truth:
    """A carrier that knows what became of every text, and tells who asks."""

    name = "truth"

    def __init__(self) -> None:
        self.ends: dict[str, str] = {}
        self.asked = 0

    def send(self, outgoing: Outgoing) -> Result:
        raise AssertionError("everything has been sent")

    def find(self, to: str, reference: str, since: datetime, *, known: Collection[str] = ()) -> None:
        return None

    def fetch_status(self, carrier_id: str) -> CarrierReport | None:
        self.asked += 1
        end = self.ends[carrier_id]
        return CarrierReport(MessageStatus(end), ENDS[end][1])


def said(attempt_id: str, carrier_id: str, end: str, chance: random.Random) -> list[Report]:
    """What the carrier posts about one text, some of it lost, some of it twice."""
    posts = []
    for status in dict.fromkeys(("sent", end)):
        code = ENDS[end][1] if status == end else None
        token = chance.choice([None, f"{carrier_id}-{status}"])
        report = Report(attempt_id, "callback", carrier_id, status, code, token)
        posts += [report] * (0 if chance.random() < LOST else 2 if chance.random() < REPEATED else 1)
    return posts


@pytest.mark.timeout(60 + CALLBACKS // 20)
def test_i5_shuffled_repeated_and_lost_callbacks_end_as_the_carrier_has_it(
    app: Flask, post: Post, db: Database, clock: ManualClock, rooms: Rooms
) -> None:
    chance = random.Random(1)
    truth = app.extensions["muster"].parts["carriers"][Channel.SMS] = Truth()
    wishes = [
        Wish(
            "notice",
            f"s{n}",
            None,
            person.id,
            person.contacts[0].id,
            person.contacts[0].address,
            "Come.",
            f"{n}",
        )
        for n in range(CALLBACKS // 2)
        for person in [post.hospital.people[n % 8]]
    ]
    for start in range(0, len(wishes), 500):
        db.transact(request_all, wishes[start : start + 500])
        claims = claimed(db, most=500, carrier="truth")
        sent = [Outcome(claim.attempt_id, Accepted(f"SM{claim.attempt_id}")) for claim in claims]
        db.transact(record, sent)
    with db.read() as session:
        tries = dict(session.execute(sa.select(Attempt.id, Attempt.intent_id)).all())
    posts: list[Report] = []
    for attempt_id in tries:
        end = chance.choices(list(ENDS), [80, 15, 5])[0]
        truth.ends[f"SM{attempt_id}"] = end
        posts += said(attempt_id, f"SM{attempt_id}", end, chance)
    chance.shuffle(posts)
    for start in range(0, len(posts), 200):
        db.transact(reports.store, posts[start : start + 200])
        apply_reports(runtime(), open_ids(runtime(), CarrierEvent))
    for _ in range(14):  # at most 200 at a time, until nothing more is to be expected
        clock.advance(minutes=6)
        while lookout.look(app):
            pass
    check(db, rooms, truth, tries)
    assert truth.asked >= len(tries) * LOST / 2
    assert len(posts) >= CALLBACKS


def check(db: Database, rooms: Rooms, truth: Truth, tries: dict[str, str]) -> None:
    with db.read() as session:
        states = dict(session.execute(sa.select(Intent.id, Intent.state)).all())
        waiting = session.scalar(sa.select(sa.func.count()).where(Attempt.look_at.is_not(None)))
        unprocessed = session.scalar(sa.select(sa.func.count()).where(CarrierEvent.processed_at.is_(None)))
    wrong = [
        (states[intent_id].value, end)
        for attempt_id, intent_id in tries.items()
        for end in [truth.ends[f"SM{attempt_id}"]]
        if states[intent_id].value != ENDS[end][0]
    ]
    assert Counter(wrong) == {}
    assert (waiting, unprocessed) == (0, 0)
    told = Counter((one.intent_id, one.stage) for one in rooms.deliveries)
    assert set(told.values()) == {1}
    assert sum(stage == "sent" for _, stage in told) == len(tries)
