"""How many answer at four in the morning, and how many places are filled within 45 minutes.

    python -m bench.four_am [--seeds 3] [--correlation 0.5] [--json]

The program is the real one, on SQLite, with its demo hospital, its chains, its escalation and its sender; the clock
is virtual and goes from second to second in which something is due. Only the people and the network are simulated:
messages arrive at once, and whoever picks up a call listens and presses a key.

How people are modelled is written in `bench.night`.

**What is measured**, 45 minutes after the call-out: the share of those asked who have answered, for one text alone,
one call alone, and the chain of the normal plan; then the share of places (every position of the hospital's command
chart that has a depth list) for which the chain and the depth list have found somebody, and the share of places for
which anybody answered.
"""

from __future__ import annotations

import argparse
import atexit
import heapq
import json
import logging
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.activation import ticks
from app.activation.actions import callouts
from app.activation.candidates import Group
from app.activation.chain import PLANS, Try
from app.activation.models import ChainPlan, Outcome, Question, QuestionState, Slot
from app.core import migrate
from app.core.actor import Actor, Grant
from app.core.clock import ManualClock
from app.core.db import Database, UnitOfWork
from app.core.permissions import Role
from app.demo.fill import fill
from app.escalation import engine
from app.escalation.models import Deadline, DeadlineState
from app.facilities.models import Facility
from app.incidents.actions.lifecycle import declare
from app.incidents.models import Assignment, Incident, Position
from app.messaging.channels import Channel
from app.messaging.inbox import Inbound, answered
from app.messaging.models import Attempt, Intent
from app.messaging.states import IntentState, Purpose
from app.messaging.worker import Sender
from app.staffing.models import ContactMethod, DepthEntry, Person
from bench.night import Network, Night
from config.settings import DEMO_SECRET, Settings

FOUR_AM = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, in New York
LASTS = timedelta(minutes=45)
RANGE = (0.0, 0.25, 0.5, 0.75, 1.0)

ONE_TEXT = (Try(Channel.SMS, 0),)
ONE_CALL = (Try(Channel.VOICE, 0),)
NORMAL = PLANS[ChainPlan.NORMAL]


class Hospital:
    """The program with its demo hospital, at four o'clock of the night."""

    def __init__(self, app: Flask, clock: ManualClock, night: Night) -> None:
        self.app, self.clock, self.night = app, clock, night
        self.escalates = True
        self.db: Database = app.extensions["muster"].db
        self.networks = {channel: Network(channel) for channel in (Channel.SMS, Channel.VOICE)}
        app.extensions["muster"].parts["carriers"] = dict(self.networks)
        self._sender = Sender(app)
        self._coming: list[tuple[datetime, str, str, Channel]] = []
        with self.db.read() as session:
            # By number: ids differ from one filling of the demo to the next, and a seed shall not.
            people = sa.select(Person.id, Person.employee_number)
            self._who = {id: number or id for id, number in session.execute(people)}

    def run(self) -> None:
        """Everything that happens until the time is over."""
        ends = FOUR_AM + LASTS
        while True:
            self._work()
            at = self._next(ends)
            if at is None:
                break
            self.clock.set(at)
        self.clock.set(ends)

    def _work(self) -> None:
        """What is due in this second, in the order in which the program would come to it."""
        while self._coming and self._coming[0][0] <= self.clock.now():
            _, person_id, question_id, channel = heapq.heappop(self._coming)
            self.db.transact(self._answer, person_id, question_id, channel)
        ticks.chains(self.app)
        ticks.later_arrivals(self.app)
        if self.escalates:
            engine.tick(self.db)
        self._sender.run_once()
        for channel, network in self.networks.items():
            taken, network.taken = network.taken, []
            self._arrive(channel, taken)

    def _arrive(self, channel: Channel, attempt_ids: Sequence[str]) -> None:
        query = (
            sa.select(Intent.person_id, Intent.subject_id, Intent.key)
            .join(Attempt, Attempt.intent_id == Intent.id)
            .where(Attempt.id.in_(attempt_ids), Intent.purpose == Purpose.QUESTION)
        )
        with self.db.read() as session:
            tried = list(session.execute(query.order_by(Intent.id)))
        for person_id, question_id, key in tried:
            assert person_id is not None
            who = self._who[person_id]
            attempt = f"{channel}:{key.rpartition(':')[2]}:{self.clock.now().isoformat()}"
            if self.night.answers(who, attempt, channel):
                at = self.clock.now() + self.night.delay(who, attempt, channel)
                heapq.heappush(self._coming, (_whole(at), person_id, question_id, channel))

    def _answer(self, uow: UnitOfWork, person_id: str, question_id: str, channel: Channel) -> None:
        question = uow.session.get_one(Question, question_id)
        if question.state is not QuestionState.OPEN:
            return
        digit = self.night.key(self._who[person_id])
        text = digit if channel is Channel.VOICE else f"{digit}{question.code}"
        subject = question_id if channel is Channel.VOICE else None
        answered(
            uow, [Inbound("", "", text, uow.now, (person_id,), channel=channel.value, subject_id=subject)]
        )

    def _next(self, ends: datetime) -> datetime | None:
        """The next second in which something is due."""
        with self.db.read() as session:
            due = [
                session.scalar(sa.select(sa.func.min(Question.next_channel_at))),
                session.scalar(sa.select(sa.func.min(Slot.use_later_at))),
                session.scalar(
                    sa.select(sa.func.min(Deadline.due_at)).where(
                        Deadline.state == DeadlineState.OPEN, sa.literal(self.escalates)
                    )
                ),
                session.scalar(
                    sa.select(sa.func.min(Intent.due_at)).where(Intent.state == IntentState.PENDING)
                ),
                self._coming[0][0] if self._coming else None,
            ]
        later = [max(_whole(at), self.clock.now() + timedelta(seconds=1)) for at in due if at is not None]
        return min((at for at in later if at <= ends), default=None)


@dataclass(frozen=True)
class Result45:
    """Shares after 45 minutes, in percent; places are None where no place was called for."""

    what: str
    correlation: float
    seed: int
    asked: int
    answered: float
    places: int | None = None
    filled: float | None = None
    heard: float | None = None


def alone(what: str, plan: Sequence[Try], correlation: float, seed: int, most: int) -> Result45:
    """Everybody of the largest departments is asked once, over this plan; nobody is stood down or asked again."""
    with _hospital(correlation, seed, plan) as hospital:
        hospital.escalates = False
        hospital.db.transact(_ask_everybody, most)
        hospital.run()
        with hospital.db.read() as session:
            outcomes = list(session.scalars(sa.select(Question.outcome)))
        return Result45(what, correlation, seed, len(outcomes), _share(outcomes))


def places(correlation: float, seed: int, most: int) -> Result45:
    """Every position that has a depth list is called for, at most `most`, one person at a time."""
    with _hospital(correlation, seed, NORMAL) as hospital:
        hospital.db.transact(_call_positions, most)
        hospital.run()
        with hospital.db.read() as session:
            held = sa.select(Assignment.position_slug).where(
                Assignment.source == "callout", Assignment.ended_at.is_(None)
            )
            filled = set(session.scalars(held))
            wanted = dict(session.execute(sa.select(Slot.id, Slot.position_slug)).all())
            questions = list(session.scalars(sa.select(Question)))
        people: dict[str, bool] = {}
        for question in questions:
            people[question.person_id] = people.get(question.person_id, False) or question.outcome is not None
        heard = {q.slot_id for q in questions if q.outcome is not None}
        return Result45(
            "chain and depth list",
            correlation,
            seed,
            len(people),
            _percent(sum(people.values()), len(people)),
            len(wanted),
            _percent(len(filled & set(wanted.values())), len(wanted)),
            _percent(len(heard), len(wanted)),
        )


def measure(correlations: Sequence[float], seeds: int, people: int, positions: int) -> Iterator[Result45]:
    for seed in range(seeds):
        # One try a person: what comes of it does not depend on how tries hang together.
        yield alone("one text", ONE_TEXT, correlations[0], seed, people)
        yield alone("one call", ONE_CALL, correlations[0], seed, people)
        for correlation in correlations:
            yield alone("chain", NORMAL, correlation, seed, people)
            yield places(correlation, seed, positions)


@contextmanager
def _hospital(correlation: float, seed: int, plan: Sequence[Try]) -> Iterator[Hospital]:
    clock = ManualClock(FOUR_AM)
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(_demo(), Path(directory) / "muster.db")
        app = create_app(_settings(Path(directory)), clock)
        with app.app_context(), patch.object(callouts, "PLANS", {**PLANS, ChainPlan.NORMAL: plan}):
            yield Hospital(app, clock, Night(seed, correlation))
            app.extensions["muster"].db.dispose()


@cache
def _demo() -> Path:
    """The demo hospital, filled once and copied for each run."""
    directory = Path(tempfile.mkdtemp(prefix="four-am-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    app = create_app(_settings(directory), ManualClock(FOUR_AM))
    db: Database = app.extensions["muster"].db
    with app.app_context():
        migrate.upgrade(db)
        fill(db)
        db.transact(_may_be_called)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()
    return directory / "muster.db"


def _settings(directory: Path) -> Settings:
    key = directory / "journal.key"
    key.write_text(bytes(range(32)).hex())
    return Settings(
        database_url=f"sqlite:///{directory}/muster.db",
        signing_key_file=key,
        secret_key=DEMO_SECRET,
        public_url="http://localhost",
        jobs="off",
    )


def _may_be_called(uow: UnitOfWork) -> None:
    """Everybody's telephone rings too, and nobody is asked over mail: the trial had none."""
    uow.session.execute(sa.delete(ContactMethod).where(ContactMethod.channel != "sms"))
    for contact in uow.session.scalars(sa.select(ContactMethod).where(ContactMethod.channel == "sms")).all():
        ring = ContactMethod(
            id=uow.new_id(),
            person_id=contact.person_id,
            channel="voice",
            address=contact.address,
            rank=contact.rank + 10,
        )
        uow.session.add(ring)


def _incident(uow: UnitOfWork) -> tuple[Incident, Actor]:
    """At the largest hospital that has depth lists, with its whole chart open."""
    sizes = sa.select(Facility, sa.func.count()).join(Person, Person.facility_id == Facility.id)
    listed = sizes.where(Facility.id.in_(sa.select(DepthEntry.facility_id)))
    rows = uow.session.execute(listed.group_by(Facility.id).order_by(Facility.code)).all()
    facility = max(rows, key=lambda row: row[1])[0]
    first = (
        sa.select(Person)
        .where(Person.facility_id == facility.id, Person.active)
        .order_by(Person.employee_number)
    )
    person = uow.session.scalars(first.limit(1)).one()
    commander = Actor("account", person.id, person.name, (Grant(Role.COMMANDER),), person.id)
    incident = declare(
        uow,
        commander,
        guide="mass_casualty_incident",
        facility_id=facility.id,
        exercise=False,
        activation_level="full",
        reason="Four in the morning",
    )
    return incident, commander


def _ask_everybody(uow: UnitOfWork, most: int) -> None:
    incident, commander = _incident(uow)
    sizes = sa.select(Person.department, sa.func.count()).where(
        Person.facility_id == incident.facility_id, Person.active, Person.department != ""
    )
    largest = sorted(
        uow.session.execute(sizes.group_by(Person.department)).all(), key=lambda row: (-row[1], row[0])
    )
    wanted, people = [], 0
    for department, number in largest:
        if people >= most:
            break
        wanted.append(Group(None, department, number + 1))
        people += number
    callouts.open_callout(uow, commander, incident.id, groups=wanted, public_url="http://localhost")


def _call_positions(uow: UnitOfWork, most: int) -> None:
    incident, commander = _incident(uow)
    depth = sa.select(DepthEntry.position_slug).where(DepthEntry.facility_id == incident.facility_id)
    held = sa.select(Assignment.position_slug).where(Assignment.incident_id == incident.id)
    opened = sa.select(Position.slug).where(
        Position.incident_id == incident.id, Position.slug.in_(depth), Position.slug.not_in(held)
    )
    positions = sorted(uow.session.scalars(opened))[:most]
    callouts.open_callout(uow, commander, incident.id, positions=positions, public_url="http://localhost")


def _whole(at: datetime) -> datetime:
    """The next whole second."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)


def _share(outcomes: Sequence[Outcome | None]) -> float:
    return _percent(sum(outcome is not None for outcome in outcomes), len(outcomes))


def _percent(number: int, of: int) -> float:
    return round(100 * number / of, 1) if of else 0.0


def _table(results: Sequence[Result45]) -> str:
    form = "{:<21} {:>5} {:>7} {:>19} {:>8} {:>19} {:>8}"
    lines = [form.format("what", "r", "asked", "answered %", "places", "filled %", "heard %")]
    for what, correlation in dict.fromkeys((one.what, one.correlation) for one in results):
        some = [one for one in results if (one.what, one.correlation) == (what, correlation)]
        alone_here = what in ("one text", "one call")
        lines.append(
            form.format(
                what,
                "any" if alone_here else correlation,
                round(statistics.mean(one.asked for one in some)),
                _spread([one.answered for one in some]),
                some[0].places or "",
                _spread([one.filled for one in some if one.filled is not None]),
                _spread([one.heard for one in some if one.heard is not None], plain=True),
            )
        )
    return "\n".join(lines)


def _spread(values: Sequence[float], *, plain: bool = False) -> str:
    """The mean, with the least and the most over the seeds."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):.1f}"
    return mean if plain else f"{mean} ({min(values):.1f}-{max(values):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--correlation", type=float, action="append", help="0 to 1; all of a range if left out"
    )
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--positions", type=int, default=40)
    parser.add_argument("--json", action="store_true", help="one line of JSON for each run")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    results: list[Any] = []
    for result in measure(asked.correlation or RANGE, asked.seeds, asked.people, asked.positions):
        results.append(result)
        if asked.json:
            print(json.dumps(asdict(result)), flush=True)
    if not asked.json:
        print(_table(results))


if __name__ == "__main__":
    main()
