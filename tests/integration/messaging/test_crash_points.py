"""kill -9 at each numbered point of claim, send and record, with the carrier's ledger as the oracle (I1, I3, I9); and a
sender that is stopped, and wakes after its lease."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import SystemClock
from app.core.db import Database
from app.messaging import queries
from app.messaging.models import Attempt, Intent
from app.messaging.states import AttemptState
from config.settings import Settings
from tests.fakes.carrier import FakeCarrier
from tests.integration.messaging.conftest import Post
from tests.support.dying import HOLDING_NOTHING, POINTS

ROUNDS = max(len(POINTS), int(os.environ.get("MUSTER_CRASH_ROUNDS", "0")))
TEXTS = 6
ROOT = Path(__file__).parents[3]


@pytest.fixture
def settings(twilio_settings: Settings) -> Settings:
    return twilio_settings


@pytest.fixture
def clock() -> SystemClock:  # the processes that are killed have the machine's
    return SystemClock()


class Dying:
    """The process that forks senders."""

    def __init__(self, database_url: str, key: Path, carrier_url: str) -> None:
        command = [sys.executable, "-m", "tests.support.dying", database_url, str(key), carrier_url]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def __call__(self, what: str) -> str:
        assert self._process.stdin is not None
        print(what, file=self._process.stdin, flush=True)
        return self._line()

    def end(self) -> None:
        self._process.communicate(timeout=30)

    def _line(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(("ready", "killed", "ended", "stopped")):  # and not what it logs
                return line.strip()
        raise AssertionError(self._process.stderr and self._process.stderr.read()[-3000:])


@pytest.fixture
def dying(settings: Settings, carrier: FakeCarrier) -> Iterator[Dying]:
    carrier.fault("lost")  # nobody is there to hear reports
    dying = Dying(settings.database_url, settings.signing_key_file, carrier.url)
    yield dying
    dying.end()


def attempts_of(db: Database, intents: list[Intent]) -> list[Attempt]:
    with db.read() as session:
        query = sa.select(Attempt).where(Attempt.intent_id.in_([intent.id for intent in intents]))
        return list(session.scalars(query))


def check(db: Database, post: Post, carrier: FakeCarrier, intents: list[Intent]) -> tuple[int, int]:
    """Nothing is lost; more than one only after an ambiguity, one for each, and shown. Returns (extra, shown)."""
    extra = shown = 0
    for intent in intents:
        texts = [text for text in carrier.accepted(intent.to) if text.body == intent.body]
        tries = attempts_of(db, [intent])
        unsure = sum(attempt.state is AttemptState.NOT_FOUND for attempt in tries)
        marked = sum(attempt.extra for attempt in tries)
        assert texts, "a text was lost"
        assert post.state(intent) in ("sent", "delivered")
        assert len(texts) - 1 <= marked == unsure
        assert {text.sid for text in texts} >= {a.carrier_id for a in tries if a.carrier_id}
        extra, shown = extra + len(texts) - 1, shown + marked
    return extra, shown


@pytest.mark.timeout(60 + 12 * ROUNDS)
def test_i3_killed_at_every_point_nothing_is_lost_and_each_second_send_is_shown(
    app: Flask, db: Database, post: Post, carrier: FakeCarrier, dying: Dying
) -> None:
    chance = random.Random(1)
    totals: Counter[str] = Counter()
    for number in range(ROUNDS):
        point = POINTS[number % len(POINTS)]
        intents = [post.ask(n, key=f"{number}-{n}", body=f"Round {number}, {n}?") for n in range(TEXTS)]
        nth = chance.randint(1, TEXTS) if point == POINTS[2] else 1
        assert dying(f"kill {nth} {point}") == "killed"
        assert dying("finish") == "ended 0"
        extra, shown = check(db, post, carrier, intents)
        totals.update(rounds=1, texts=TEXTS, extra=extra, shown=shown)
    with db.read() as session:
        assert queries.queue(session, app.extensions["muster"].clock.now()).extra == totals["shown"]
    print(dict(totals))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("point", "sends"), [(POINTS[1], 2), (HOLDING_NOTHING, 1)])
def test_i3_a_sender_that_was_stopped_and_wakes_after_its_lease_cannot_write(
    point: str, sends: int, db: Database, post: Post, carrier: FakeCarrier, dying: Dying
) -> None:
    """It may have sent once more, which is shown; what it records changes nothing."""
    intent = post.ask()
    what, pid = dying(f"stop 1 {point}").split()
    assert what == "stopped"
    assert dying("finish") == "ended 0"
    before = [(a.n, a.state, a.extra) for a in attempts_of(db, [intent])]
    told, state = post.intent(intent).changed_at, post.state(intent)
    assert dying(f"wake {pid}") == "ended 0"
    after = {(a.n, a.extra) for a in attempts_of(db, [intent])}
    assert {(n, extra) for n, _, extra in before} == after
    assert (post.state(intent), post.intent(intent).changed_at) == (state, told)
    assert len(carrier.accepted(intent.to)) == sends
    extra, shown = check_paused(db, carrier, intent)
    assert (extra, shown) == (sends - 1, sends - 1)


def check_paused(db: Database, carrier: FakeCarrier, intent: Intent) -> tuple[int, int]:
    tries = attempts_of(db, [intent])
    assert {text.sid for text in carrier.accepted(intent.to)} == {a.carrier_id for a in tries}
    return len(carrier.accepted(intent.to)) - 1, sum(attempt.extra for attempt in tries)
