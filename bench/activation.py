"""How fast a call-out reaches everybody, and how fast their answers are taken.

    python -m bench.activation [--people 1000 10000] [--latency 0 0.15] [--rate 0 100]
                               [--engine sqlite|postgresql|both] [--no-answers] [--json]

A carrier on this machine (tests.fakes.carrier, a process of its own) takes the texts and reports each as sent and
delivered, to Muster and to the bare outbox alike; then everybody answers "1" through the inbound webhook. Muster
runs as it is deployed: on SQLite in one process with threads, on PostgreSQL with the web in processes of its own.
Beside it, in the same run, the least that sends texts with the same libraries (bench.bare).

`latency` is what the carrier takes for each text; `rate` the segments a second that the sender may send (0: no limit),
to which the carrier holds it too. With a rate there is no bare outbox, which knows none, but `ideal`: as long as it
must take.

Columns, in seconds: `commit` opens the call-out; `sent` is from its commit to the last text at the carrier;
`delivered` to the last report recorded
(reports come 1 s and 4 s after the text); `answered` from the first answer posted to the last one acted on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import chain, product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from app.activation.actions.callouts import open_callout
from app.activation.candidates import Group
from app.core import migrate
from app.core.actor import Actor
from app.core.db import Database, UnitOfWork
from app.incidents.actions.lifecycle import declare
from app.messaging import lookout
from app.messaging.channels import Channel
from app.messaging.models import InboundText, Intent
from app.messaging.senders import Sender, SenderKind
from app.messaging.worker import THREADS
from app.messaging.worker import Sender as Engine
from app.staffing.models import ContactMethod, Person, Skill
from bench import bare
from bench.answers import post_answers
from bench.running import answers, carrier, child, report_nothing, until
from config import logs
from config.settings import Settings, Twilio
from tests.fakes.carrier.settings import Settings as CarrierSettings
from tests.support.hospital import build
from tools.servers import free_port, postgres

BODY = "SBMC bus crash: can you come in? Reply 1 within 30 min, 2 within 60, 3 later, 9 cannot come."
SKILL = "bench"
IN_A_GROUP = 2000
"""The most that a call-out asks of one group."""

FORM = "{:<11} {:<12} {:>7} {:>8} {:>6} {:>8} {:>8} {:>8} {:>9} {:>10} {:>9} {:>11} {:>8}"
HEADS = (
    *("engine", "what", "people", "latency", "rate", "commit", "sent", "ideal", "texts/s"),
    *("delivered", "answered", "answers/s", "doubled"),
)
ACCOUNT = CarrierSettings()


@dataclass(frozen=True)
class Row:
    engine: str
    what: str
    people: int
    latency: float
    rate: float
    commit: float
    sent: float
    ideal: float | None
    texts_per_second: float
    delivered: float | None
    answered: float | None
    answers_per_second: float | None
    duplicates: int

    @classmethod
    def of(
        cls,
        place: Place,
        what: str,
        commit: float,
        sent: float,
        delivered: float | None,
        answered: float | None,
        duplicates: int,
        segments: int = 0,
    ) -> Row:
        return cls(
            place.engine,
            what,
            place.people,
            place.latency,
            place.rate,
            commit=round(commit, 3),
            sent=round(sent, 3),
            ideal=round(segments / place.rate, 3) if place.rate else None,
            texts_per_second=round(place.people / sent),
            delivered=None if delivered is None else round(delivered, 3),
            answered=None if answered is None else round(answered, 3),
            answers_per_second=None if answered is None else round(place.people / answered),
            duplicates=duplicates,
        )


@dataclass(frozen=True)
class Place:
    """Where one measurement runs."""

    engine: str
    database_url: str
    key_file: Path
    carrier_url: str
    people: int
    port: int
    latency: float
    rate: float
    answers: bool
    reports: bool

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def numbers(self) -> list[str]:
        """Numbers of the range kept for fiction, 555-01xx, over as many area codes as it takes."""
        return [f"+1{200 + n // 100}55501{n % 100:02d}" for n in range(self.people)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.activation", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=[1000])
    parser.add_argument(
        "--latency", type=float, nargs="+", default=[0.0], help="seconds the carrier takes a text"
    )
    parser.add_argument("--rate", type=float, nargs="+", default=[0.0], help="segments a second; 0: no limit")
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--no-answers", action="store_true", help="only send")
    parser.add_argument("--no-reports", action="store_true", help="the carrier reports nothing")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    options = parser.parse_args()
    engines = ("sqlite", "postgresql") if options.engine == "both" else (options.engine,)
    each = product(engines, options.people, options.latency, options.rate)
    wanted = (not options.no_answers, not options.no_reports)
    measured = chain.from_iterable(measure(*one, *wanted) for one in each)
    if options.json:
        print(json.dumps({"bench": "activation", "rows": [asdict(row) for row in measured]}))
        return
    print(FORM.format(*HEADS))
    for row in measured:
        show(row)


def measure(
    engine: str, people: int, latency: float, rate: float, answers: bool, reports: bool
) -> Iterator[Row]:
    for run in (muster,) if rate else (muster, outbox):
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            if engine == "sqlite":
                url = f"sqlite:///{directory / 'bench.db'}"
            else:
                url = stack.enter_context(postgres(directory / "postgres")).database("bench")
            carrier_url = stack.enter_context(carrier(latency, rate))
            key_file = directory / "journal.key"
            key_file.write_text(bytes(range(32)).hex())
            wanted = (latency, rate, answers, reports)
            yield run(Place(engine, url, key_file, carrier_url, people, free_port(), *wanted))


def muster(place: Place) -> Row:
    app = create_app(_settings(place))
    logs.configure("json", "WARNING")
    db: Database = app.extensions["muster"].db
    migrate.upgrade(db)
    incident_id, commander = db.transact(_prepare, place)
    everybody = [
        Group(f"{SKILL}-{start}", None, min(IN_A_GROUP, place.people - start))
        for start in range(0, place.people, IN_A_GROUP)
    ]
    if not place.reports:
        report_nothing(place.carrier_url)
    with serving(place, app, "wsgi:app", _environment(place)), sending(app):
        began = time.time()
        db.transact(open_callout, commander, incident_id, groups=everybody, public_url=place.public_url)
        committed = time.time()
        opened = committed - began
        last, duplicates = all_sent(place)
        size = _summary(place)["segments"]
        delivered = None
        if place.reports:
            delivered = (
                until(lambda: _count(db, sa.func.count(Intent.delivered_at)) >= place.people) - committed
            )
        took = None
        if place.answers:
            began, _ = answer(place)
            took = until(lambda: _count(db, sa.func.count(InboundText.processed_at)) >= place.people) - began
    db.dispose()
    return Row.of(place, "Muster", opened, last - committed, delivered, took, duplicates, size)


def outbox(place: Place) -> Row:
    db = bare.database(place.database_url)
    migrate.upgrade(db)  # for the write-ahead log, as Muster has it
    bare.metadata.create_all(db.engine)
    environment = {
        "BARE_DATABASE_URL": place.database_url,
        "BARE_PUBLIC_URL": place.public_url,
        "BARE_TOKEN": ACCOUNT.auth_token,
    }
    os.environ.update(environment)
    with serving(place, bare.create_app(), "bench.bare:create_app()", environment):
        began = time.time()
        bare.fill(db, place.numbers, BODY)
        committed = time.time()
        filled = committed - began
        account = (ACCOUNT.account_sid, ACCOUNT.auth_token)
        report_to = f"{place.public_url}/webhooks/twilio/status" if place.reports else ""
        bare.send_all(db, place.carrier_url, account, ACCOUNT.default_sender, THREADS, report_to)
        last, duplicates = all_sent(place)
        delivered = None
        if place.reports:
            arrived = sa.select(sa.func.count()).where(bare.outbox.c.state == "delivered")
            delivered = until(lambda: _scalar(db, arrived) >= place.people) - committed
        took = None
        if place.answers:
            began, ended = answer(place)
            took = ended - began
    db.dispose()
    return Row.of(place, "bare outbox", filled, last - committed, delivered, took, duplicates)


def all_sent(place: Place) -> tuple[float, int]:
    """Wait until the carrier has a text for everybody; when the last came, and how many came twice."""
    until(lambda: _summary(place)["recipients"] >= place.people)
    summary = _summary(place)
    return summary["last_at"], summary["duplicates"]


def answer(place: Place) -> tuple[float, float]:
    """Everybody answers, from a process of their own; when the first did, and when the last post was taken."""
    url = f"{place.public_url}/webhooks/twilio/inbound"
    with get_context("spawn").Pool(1) as pool:
        times: tuple[float, float] = pool.apply(post_answers, (url, ACCOUNT.auth_token, place.numbers))
    return times


@contextmanager
def serving(place: Place, app: Flask, target: str, environment: dict[str, str]) -> Iterator[None]:
    """The web side at `place.public_url`: threads of this process for SQLite, gunicorn for PostgreSQL."""
    if place.engine == "sqlite":
        drain = app.extensions["muster"].parts["drain"] if "muster" in app.extensions else None
        if drain is not None:  # as gunicorn does
            drain.start()
        server = make_server("127.0.0.1", place.port, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()
        if drain is not None:
            drain.stop()
        return
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "2", "-b", f"127.0.0.1:{place.port}"]
    quiet = ["-c", "bench/web.py", "--no-control-socket", "--log-level", "warning", target]
    with child([*command, *quiet], environment):
        until(lambda: answers(place.public_url))
        yield


@contextmanager
def sending(app: Flask) -> Iterator[None]:
    """What a jobs process does for messaging: the sender, and every second what was left for later."""
    sender, stop = Engine(app), threading.Event()

    def tick() -> None:
        while not stop.wait(1):
            lookout.backlog(app)

    ticking = threading.Thread(target=tick)
    sender.start()
    ticking.start()
    try:
        yield
    finally:
        stop.set()
        ticking.join()
        sender.stop()


def show(row: Row) -> None:
    times = (
        f"{row.commit:.2f}",
        f"{row.sent:.2f}",
        _two(row.ideal),
        f"{row.texts_per_second:.0f}",
        _two(row.delivered),
    )
    answers = (_two(row.answered), "-" if row.answers_per_second is None else f"{row.answers_per_second:.0f}")
    load = (row.people, f"{row.latency:g}", f"{row.rate:g}")
    print(FORM.format(row.engine, row.what, *load, *times, *answers, row.duplicates), flush=True)


def _two(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f}"


def _prepare(uow: UnitOfWork, place: Place) -> tuple[str, Actor]:
    """A hospital, its commander, everybody with a phone and a skill, and an incident."""
    hospital = build(uow)
    for index, number in enumerate(place.numbers):
        person = Person(
            id=uow.new_id(), facility_id=hospital.facility.id, name=f"Nurse {number[-4:]}", job_title="Nurse"
        )
        person.contacts = [ContactMethod(id=uow.new_id(), channel="sms", address=number)]
        person.skills = [Skill(slug=f"{SKILL}-{index // IN_A_GROUP * IN_A_GROUP}")]
        uow.session.add(person)
    incident = declare(
        uow,
        hospital.commander,
        guide="mass_casualty_incident",
        facility_id=hospital.facility.id,
        exercise=False,
        activation_level="full",
        reason="Bus crash",
    )
    return incident.id, hospital.commander


def _settings(place: Place) -> Settings:
    twilio = Twilio(
        ACCOUNT.account_sid,
        ACCOUNT.auth_token,
        from_number=ACCOUNT.default_sender,
        base_url=place.carrier_url,
    )
    return Settings(
        database_url=place.database_url,
        public_url=place.public_url,
        signing_key_file=place.key_file,
        twilio=twilio,
        senders=(Sender(ACCOUNT.default_sender, SenderKind.SHORT_CODE, Channel.SMS, place.rate),),
        jobs="off",
        log_format="json",
    )


def _environment(place: Place) -> dict[str, str]:
    """The same settings for a process of its own."""
    return {
        "MUSTER_DATABASE_URL": place.database_url,
        "MUSTER_PUBLIC_URL": place.public_url,
        "MUSTER_SIGNING_KEY_FILE": str(place.key_file),
        "MUSTER_TWILIO_BASE_URL": place.carrier_url,
        "MUSTER_LOG_FORMAT": "json",
        "TWILIO_ACCOUNT_SID": ACCOUNT.account_sid,
        "TWILIO_AUTH_TOKEN": ACCOUNT.auth_token,
        "TWILIO_FROM_NUMBER": ACCOUNT.default_sender,
    }


def _summary(place: Place) -> Any:
    with urllib.request.urlopen(f"{place.carrier_url}/_control/summary") as answer:
        return json.load(answer)


def _count(db: Database, what: sa.ColumnElement[int]) -> int:
    return _scalar(db, sa.select(what))


def _scalar(db: Database, query: sa.Select[tuple[int]]) -> int:
    with db.read() as session:
        return session.scalar(query) or 0


if __name__ == "__main__":
    main()
