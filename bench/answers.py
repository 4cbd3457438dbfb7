"""A thousand people answer within a minute: `python -m bench.answers [--people N] [--seconds S] [--engine E] [--json]`.

Muster runs as it is deployed, under gunicorn: on SQLite one process with threads that also runs the jobs; on PostgreSQL
two gevent workers with Valkey and a jobs process. A call-out to everybody is sent by a carrier that reports nothing.
Then, at even distances over the time given, come all reports (sent and delivered for each text) and one answer from
each phone, shuffled; each signed. Measured for each post: milliseconds to its answer, from when it was due. For each
text: until it was acted on. For a board that is open: from the commit of an answer to its arrival. At the end each
answer must have been counted once.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from app.activation.actions.callouts import open_callout
from app.activation.candidates import Group
from app.activation.models import Answer
from app.core.actor import Actor
from app.core.db import Database, UnitOfWork
from app.journal.models import JournalEntry as Entry
from app.messaging.models import Attempt, CarrierEvent, InboundText, Intent
from app.staffing.models import ContactMethod, Person, Skill
from bench.running import child, until
from tests.fakes.carrier.settings import Settings as CarrierSettings
from tests.support.serving import Serving, serving, variables_of
from tools.servers import free_port, postgres, valkey

CONNECTIONS = 16
SKILL = "bench"
ACCOUNT = CarrierSettings()


@dataclass(frozen=True)
class Post:
    """One request of the carrier: when it is due, in seconds from the start."""

    at: float
    path: str
    body: str
    signature: str


@dataclass(frozen=True)
class Row:
    """Times in milliseconds. `once`: answers counted exactly once, of all people."""

    engine: str
    people: int
    posts: int
    seconds: float
    webhook_p50: float
    webhook_p99: float
    webhook_max: float
    acted_p99: float
    board_p99: float
    board_max: float
    once: int
    refused: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.answers", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    options = parser.parse_args()
    engines = ("sqlite", "postgresql") if options.engine == "both" else (options.engine,)
    rows = [measure(engine, options.people, options.seconds) for engine in engines]
    if options.json:
        print(json.dumps({"bench": "answers", "rows": [asdict(row) for row in rows]}))
        return
    heads = list(asdict(rows[0]))
    print(" ".join(f"{head:>11}" for head in heads))
    for row in rows:
        print(" ".join(f"{value:>11}" for value in asdict(row).values()))


def measure(engine: str, people: int, seconds: float) -> Row:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory.chmod(0o755)  # the servers run as another user
        redis_url = None
        if engine == "sqlite":
            database_url = f"sqlite:///{directory / 'bench.db'}"
        else:
            database_url = stack.enter_context(postgres(directory / "postgres")).database("bench")
            redis_url = stack.enter_context(valkey(directory / "valkey")).url
        account = {
            "MUSTER_TWILIO_BASE_URL": stack.enter_context(silent_carrier()),
            "TWILIO_ACCOUNT_SID": ACCOUNT.account_sid,
            "TWILIO_AUTH_TOKEN": ACCOUNT.auth_token,
            "TWILIO_FROM_NUMBER": ACCOUNT.default_sender,
            "MUSTER_JOBS": "off" if redis_url else "inline",
        }
        server = stack.enter_context(serving(directory, database_url, redis_url, **account))
        if redis_url:
            port = int(server.url.rpartition(":")[2])
            variables = variables_of(database_url, redis_url, directory / "journal.key", port, 2) | account
            stack.enter_context(jobs(variables))
        return answered(engine, server, people, seconds)


def answered(engine: str, server: Serving, people: int, seconds: float) -> Row:
    db: Database = server.app.extensions["muster"].db
    numbers = [f"+1{200 + n // 100}55501{n % 100:02d}" for n in range(people)]
    commander = db.transact(add_people, server.incident.facility_id, numbers)
    everybody = [Group(SKILL, None, people)]
    db.transact(open_callout, commander, server.incident.id, groups=everybody, public_url=server.url)
    until(lambda: _count(db, sa.func.count(Intent.sent_at)) >= people)
    board = server.board()
    until(lambda: board.shown.known > 0)
    posts = due_posts(db, server.url, numbers, seconds)
    offset = time.time() - time.perf_counter()
    times, refused = post_all(server.url, posts)
    until(lambda: _count(db, sa.func.count(InboundText.processed_at)) >= people)
    until(lambda: _open(db) == 0)
    time.sleep(1.5)
    with db.read() as session:
        acted = [
            (text.processed_at - text.received_at).total_seconds() * 1000
            for text in session.scalars(sa.select(InboundText))
            if text.processed_at
        ]
        per_person = session.execute(sa.select(Answer.person_id, sa.func.count()).group_by(Answer.person_id))
        once = sum(count == 1 for _, count in per_person)
        committed = session.execute(
            sa.select(Entry.seq, Entry.recorded_at).where(
                Entry.stream == f"incident:{server.incident.id}", Entry.kind == "answer.received"
            )
        ).all()
    late = [
        (board.arrived[seq] + offset - at.timestamp()) * 1000 if seq in board.arrived else float("inf")
        for seq, at in committed
    ]
    board.close()
    return Row(
        engine,
        people,
        len(posts),
        seconds,
        *(round(share(times, part), 1) for part in (0.5, 0.99, 1.0)),
        round(share(acted, 0.99), 1),
        *(round(share(late, part), 1) for part in (0.99, 1.0)),
        once,
        refused,
    )


def due_posts(db: Database, url: str, numbers: list[str], seconds: float) -> list[Post]:
    """Two reports about each text and an answer from each phone, evenly spread and shuffled."""
    with db.read() as session:
        sent = session.execute(
            sa.select(Attempt.id, Attempt.carrier_id).where(Attempt.carrier_id.is_not(None))
        ).all()
    forms = [
        (f"/webhooks/twilio/status/{attempt_id}", {"MessageSid": str(sid), "MessageStatus": status})
        for attempt_id, sid in sent
        for status in ("sent", "delivered")
    ]
    forms += [("/webhooks/twilio/inbound", form) for form in answer_forms(numbers)]
    random.Random(1).shuffle(forms)
    validator = RequestValidator(ACCOUNT.auth_token)
    return [
        Post(
            seconds * place / len(forms),
            path,
            urlencode(form),
            validator.compute_signature(url + path, form),
        )
        for place, (path, form) in enumerate(forms)
    ]


def answer_forms(numbers: list[str]) -> Iterator[dict[str, str]]:
    for place, number in enumerate(numbers):
        yield {"MessageSid": f"SM{place:032x}", "From": number, "To": ACCOUNT.default_sender, "Body": "1"}


def post_answers(url: str, token: str, numbers: list[str]) -> tuple[float, float]:
    """Post "1" from each number, as fast as they are taken; when the first was posted and the last taken.

    Raises on any refusal.
    """
    validator = RequestValidator(token)
    path = urlsplit(url).path
    posts = [
        Post(0.0, path, urlencode(form), validator.compute_signature(url, form))
        for form in answer_forms(numbers)
    ]
    began = time.time()
    _, refused = post_all(url, posts)
    if refused:
        raise RuntimeError(f"the webhook refused {refused} posts")
    return began, time.time()


def post_all(url: str, posts: list[Post]) -> tuple[list[float], int]:
    """Each when it is due, on a few connections; milliseconds each took from then on, and how many were refused."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        results = list(pool.map(lambda n: _post(url, posts[n::CONNECTIONS], began), range(CONNECTIONS)))
    taken = [one for result in results for one in result]
    return [took for took, _ in taken], sum(status >= 300 for _, status in taken)


def share(values: list[float], part: float) -> float:
    ordered = sorted(values) or [float("nan")]
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def add_people(uow: UnitOfWork, facility_id: str, numbers: list[str]) -> Actor:
    for number in numbers:
        person = Person(
            id=uow.new_id(), facility_id=facility_id, name=f"Nurse {number[-4:]}", job_title="Nurse"
        )
        person.contacts = [ContactMethod(id=uow.new_id(), channel="sms", address=number)]
        person.skills = [Skill(slug=SKILL)]
        uow.session.add(person)
    return Actor.system("bench")


@contextmanager
def silent_carrier() -> Iterator[str]:
    """A carrier on this machine that takes texts and reports nothing."""
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.carrier", "--port", str(port)]
    with child(command, {}):
        until(lambda: _control(port, "GET", "summary", None) == 200)
        _control(port, "POST", "faults", {"kind": "lost"})
        yield f"http://127.0.0.1:{port}"


@contextmanager
def jobs(variables: dict[str, str]) -> Iterator[None]:
    with child([sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "run"], variables):
        yield


def _control(port: int, method: str, what: str, content: object) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, f"/_control/{what}", json.dumps(content) if content else None)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _post(url: str, posts: list[Post], began: float) -> list[tuple[float, int]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    taken = []
    for one in posts:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": one.signature}
        time.sleep(max(0.0, began + one.at - time.perf_counter()))
        due = began + one.at if one.at else time.perf_counter()
        connection.request("POST", one.path, one.body, headers)
        answer = connection.getresponse()
        answer.read()
        taken.append(((time.perf_counter() - due) * 1000, answer.status))
    connection.close()
    return taken


def _count(db: Database, what: sa.ColumnElement[int]) -> int:
    with db.read() as session:
        return session.scalar(sa.select(what)) or 0


def _open(db: Database) -> int:
    with db.read() as session:
        query = (
            sa.select(sa.func.count()).select_from(CarrierEvent).where(CarrierEvent.processed_at.is_(None))
        )
        return session.scalar(query) or 0


if __name__ == "__main__":
    main()
