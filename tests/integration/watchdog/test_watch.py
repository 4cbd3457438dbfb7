"""Every audit: clean as the program leaves things, and red when they are broken by hand."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.activation.models import Question, Slot
from app.core.clock import ManualClock
from app.core.db import Database, UnitOfWork
from app.escalation.models import Deadline
from app.health.actions import Part, beat
from app.incidents.actions import add_task
from app.messaging.actions import incoming
from app.messaging.channels import Channel
from app.messaging.models import CarrierEvent, Intent, SenderState
from app.messaging.states import IntentState
from app.runtime import Runtime
from app.watchdog import actions, registry, rounds
from app.watchdog.models import WatchFinding, WatchState
from app.watchdog.ping import ping
from app.watchdog.watch import watch
from tests.support.callouts import called, declared
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.requests import raised


@pytest.fixture
def rt(app: Flask) -> Runtime:
    return app.extensions["muster"]


@pytest.fixture
def pinged() -> Iterator[list[str]]:
    """Somebody outside who waits for a sign of life; at /slow they never answer, at /moved they send on."""
    seen: list[str] = []

    class Outside(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            if self.path == "/slow":
                time.sleep(1)
            self.send_response({"/moved": 302, "/down": 503}.get(self.path, 204))
            if self.path == "/moved":
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_args: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seen.append(f"http://127.0.0.1:{server.server_port}")
    yield seen
    server.shutdown()
    server.server_close()


BY_HAND: list[Any] = [Question.__table__, Deadline.__table__]


def kinds(rt: Runtime) -> dict[str, int]:
    done = rounds.look(rt.db, rt.clock.now())
    assert not done.broken
    return {kind: len(offences) for kind, offences in done.found.items() if offences}


def run(rt: Runtime, statement: sa.Executable) -> None:
    rt.db.transact(lambda uow: uow.session.execute(statement))


def worked(db: Database, hospital: Hospital) -> None:
    """A call-out, a task with a due time and a request with one."""
    incident = declared(db, hospital)
    called(db, hospital, incident, "operations_section_chief")
    db.transact(
        add_task,
        hospital.commander,
        incident.id,
        position="incident_commander",
        text="Call the mayor",
        due_at=db.clock.now() + timedelta(hours=1),
    )
    raised(db.transact, hospital.commander, incident, needed_by=db.clock.now() + timedelta(hours=1))


@contextmanager
def put_back(rt: Runtime) -> Iterator[None]:
    """Afterwards deadlines and questions are as before, so that the journal agrees with them again."""
    with rt.db.read() as db:
        rows = {table: [dict(row) for row in db.execute(sa.select(table)).mappings()] for table in BY_HAND}
    yield
    for table in reversed(BY_HAND):
        run(rt, sa.delete(table))
    for table, before in rows.items():
        if before:
            run(rt, sa.insert(table).values(before))


def stored_text(uow: UnitOfWork) -> None:
    incoming.store(uow, carrier_id="SM1", from_="+12025550177", to="", text="1")


def stored_report(uow: UnitOfWork) -> None:
    uow.session.add(
        CarrierEvent(
            id=uow.new_id(),
            dedupe="d",
            attempt_id=uow.new_id(),
            source="callback",
            carrier_id="SM1",
            status="sent",
            received_at=uow.now,
        )
    )


def stuck(state: IntentState) -> Callable[[UnitOfWork], object]:
    return lambda uow: uow.session.execute(sa.update(Intent).values(state=state))


def beats(uow: UnitOfWork) -> None:
    """A part that stopped a minute before the process was heard last."""
    stopped = uow.now - timedelta(minutes=2)
    beat(uow, "here:1", [Part("escalation", 1000, stopped, stopped)])


def stopped_sender(uow: UnitOfWork) -> None:
    uow.session.add(
        SenderState(
            channel=Channel.SMS,
            sender="+12025550100",
            kind="long_code",
            rate=1.0,
            free_at=uow.now,
            stopped_since=uow.now,
            reason="The sender is not registered.",
        )
    )


def nobody_asked(uow: UnitOfWork) -> None:
    uow.session.execute(sa.delete(Deadline).where(Deadline.kind == "position"))
    uow.session.execute(sa.delete(Question))


BROKEN: dict[str, tuple[Callable[[UnitOfWork], object], timedelta]] = {
    "messages": (stuck(IntentState.PENDING), timedelta(minutes=4)),
    "messages in hand": (stuck(IntentState.CLAIMED), timedelta(minutes=4)),
    "messages unclear": (stuck(IntentState.UNKNOWN), timedelta(minutes=61, seconds=1)),
    "messages without news": (stuck(IntentState.SENT), timedelta(hours=11)),
    "reports": (stored_report, timedelta(minutes=2)),
    "inbound": (stored_text, timedelta(minutes=2)),
    "deadlines": (lambda _uow: None, timedelta(minutes=7)),
    "tasks": (
        lambda uow: uow.session.execute(sa.delete(Deadline).where(Deadline.kind == "task")),
        timedelta(),
    ),
    "requests": (
        lambda uow: uow.session.execute(sa.delete(Deadline).where(Deadline.kind == "request")),
        timedelta(),
    ),
    "callouts": (nobody_asked, timedelta(minutes=2)),
    "chains": (
        lambda uow: uow.session.execute(sa.update(Question).values(next_channel_at=uow.now)),
        timedelta(minutes=2),
    ),
    "later": (
        lambda uow: uow.session.execute(sa.update(Slot).values(use_later_at=uow.now)),
        timedelta(minutes=2),
    ),
    "senders": (stopped_sender, timedelta()),
    "engine": (beats, timedelta()),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_broken_is_found_and_what_is_mended_is_not(
    rt: Runtime, hospital: Hospital, clock: ManualClock, broken: str
) -> None:
    worked(rt.db, hospital)
    assert kinds(rt) == {}
    spoil, wait = BROKEN[broken]
    with put_back(rt):
        rt.db.transact(spoil)
        clock.advance(seconds=wait.total_seconds())
        assert broken.split()[0] in kinds(rt)


def test_findings_are_kept_resolved_and_said(rt: Runtime, hospital: Hospital, clock: ManualClock) -> None:
    worked(rt.db, hospital)
    client = PageClient(rt_app(rt), hospital.commander)
    rt.db.transact(beat, "here:1", [Part("escalation", 1000, clock.now(), clock.now())])
    assert client.get("/health", 503).get_json()["checks"]["watchdog"] == "no audit has been done yet"
    assert watch(rt).clean  # type: ignore[union-attr]
    assert watch(rt) is None, "one round at a time, however many processes tick"
    assert client.get("/health").get_json()["status"] == "well"
    assert "Every open item is within its bound" in client.get("/engine").text
    with put_back(rt):
        run(
            rt,
            sa.update(Deadline)
            .where(Deadline.kind == "position")
            .values(due_at=clock.now() - timedelta(hours=1)),
        )
        clock.advance(seconds=20)
        assert not watch(rt).clean  # type: ignore[union-attr]
        clock.advance(seconds=20)
        watch(rt)
        rt.db.transact(beat, "here:1", [Part("escalation", 1000, clock.now(), clock.now())])
        answer = client.get("/health", 503).get_json()
        assert answer["checks"]["watchdog"] == "past their bound: deadlines: 1"
        assert client.get("/readyz").get_json()["status"] == "ready", (
            "late work takes no web process out of service"
        )
        assert 'muster_watch_findings{kind="deadlines"} 1.0' in client.get("/metrics").text
        page = client.get("/engine").text
        assert "A step for a position is due and not done." in page
    clock.advance(seconds=20)
    assert watch(rt).clean  # type: ignore[union-attr]
    with rt.db.read() as db:
        (finding,) = db.scalars(sa.select(WatchFinding))
    assert finding.resolved_at == clock.now()
    assert finding.first_seen_at == clock.now() - timedelta(seconds=40)


def test_the_ping_goes_out_after_a_clean_audit_alone(
    app: Flask, hospital: Hospital, clock: ManualClock, pinged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = watched(app, watchdog_url=f"{pinged[0]}/alive")
    watch(rt)
    assert pinged[1:] == ["/alive"]
    clock.advance(seconds=20)
    watch(rt)
    assert len(pinged) == 2, "once a minute"
    clock.advance(seconds=40)
    rt.db.transact(stored_text)
    clock.advance(minutes=5)
    watch(rt)
    assert len(pinged) == 2, "not when something is past its bound"
    run(rt, sa.text("DELETE FROM inbound_texts"))
    broken = replace(registry.AUDITS["inbound"], items=lambda _db, _now: [][1])
    monkeypatch.setitem(registry.AUDITS, "inbound", broken)
    clock.advance(minutes=1)
    done = watch(rt)
    assert done is not None
    assert done.broken == {"inbound": "IndexError"}
    assert len(pinged) == 2, "not when an audit could not be done"
    with rt.db.read() as db:
        open_ = db.scalars(sa.select(WatchFinding.kind).where(WatchFinding.resolved_at.is_(None))).all()
    assert sorted(open_) == ["inbound", "watchdog"], "nobody has looked whether it is well again"
    monkeypatch.undo()
    clock.advance(minutes=1)
    watch(rt)
    assert len(pinged) == 3
    with rt.db.read() as db:
        assert db.scalars(sa.select(WatchState)).one().pinged_at == clock.now()


@pytest.mark.engine("sqlite")
def test_a_ping_that_is_not_taken_says_why(pinged: list[str]) -> None:
    at = pinged[0]
    assert ping(f"{at}/alive") is None
    assert ping(f"{at}/down") == "answered 503"
    assert ping(f"{at}/moved") == "answered 302"
    assert "/elsewhere" not in pinged
    assert ping(f"{at}/slow", limit=0.2) in ("no answer within 0.2 s", "no answer in time")
    assert "not reached" in (ping("http://127.0.0.1:1/") or "")


def test_whoever_is_on_watch_is_alarmed_once_a_kind_and_hour(
    app: Flask, hospital: Hospital, clock: ManualClock
) -> None:
    rt = watched(app, watch_contacts=("+12025550190", "+12025550191"))
    rt.db.transact(stored_text)
    clock.advance(minutes=2)
    watch(rt)
    assert alarms(rt) == [], "what one round has seen may be worked off before the next"
    for _ in range(5):
        clock.advance(seconds=20)
        watch(rt)
    assert len(alarms(rt)) == 4, "a text and a call to each"
    assert {intent.channel for intent in alarms(rt)} == {"sms", "voice"}
    assert all("texts from phones: 1" in intent.body for intent in alarms(rt))
    clock.advance(hours=1)
    watch(rt)
    assert len([intent for intent in alarms(rt) if "texts from phones" in intent.body]) == 8


@pytest.mark.engine("sqlite")
def test_what_is_past_its_bound_stands_on_the_board(
    app: Flask, hospital: Hospital, clock: ManualClock
) -> None:
    rt: Runtime = app.extensions["muster"]
    incident = declared(rt.db, hospital)
    client = PageClient(app, hospital.commander)
    assert "No engine has ever run" in client.get(f"/incidents/{incident.id}").text
    rt.db.transact(beat, "here:1", [Part("escalation", 1000)])
    assert "engine is silent" not in client.get(f"/incidents/{incident.id}").text
    clock.advance(minutes=1)
    assert "The engine is silent since 04:00: nothing is sent" in client.get(f"/incidents/{incident.id}").text


def test_ten_thousand_open_items_take_less_than_a_second(rt: Runtime, hospital: Hospital) -> None:
    """Looked at one by one; a hundred of them are past their bound."""
    worked(rt.db, hospital)

    def many(uow: UnitOfWork) -> None:
        deadline = uow.session.scalars(sa.select(Deadline)).first()
        intent = uow.session.scalars(sa.select(Intent)).first()
        assert deadline is not None
        assert intent is not None
        copied(uow, deadline, 5000, lambda n: {"subject_id": uow.new_id(), "due_at": late(uow, n)})
        copied(uow, intent, 5000, lambda n: {"key": f"k{n}", "due_at": late(uow, n)})

    rt.db.transact(many)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        done = rounds.look(rt.db, rt.clock.now())
        took.append(time.perf_counter() - began)
    assert done.looked >= 10_000
    assert {kind: len(found) for kind, found in done.found.items() if found} == {
        "deadlines": 100,
        "messages": 100,
    }
    began = time.perf_counter()
    rt.db.transact(actions.keep, done, took_ms=1, alarm=(), url="")
    print(f"\n10,000 open items: {min(took):.3f} s to look, {time.perf_counter() - began:.3f} s to keep")
    assert min(took) < 1


def late(uow: UnitOfWork, n: int) -> Any:
    """Due just now, but every fiftieth long ago."""
    return uow.now - (timedelta(minutes=30) if n % 50 == 0 else timedelta(seconds=1))


def copied(uow: UnitOfWork, row: Any, count: int, changed: Callable[[int], dict[str, Any]]) -> None:
    table = type(row)
    columns = [column.key for column in sa.inspect(table).columns]
    same = {key: getattr(row, key) for key in columns}
    rows = [same | {"id": uow.new_id()} | changed(n) for n in range(count)]
    uow.session.execute(sa.insert(table), rows)


def alarms(rt: Runtime) -> list[Intent]:
    with rt.db.read() as db:
        return list(db.scalars(sa.select(Intent).where(Intent.key.startswith("watchdog:"))))


def watched(app: Flask, **changed: Any) -> Runtime:
    rt: Runtime = app.extensions["muster"]
    rt.settings = replace(rt.settings, **changed)
    return rt


def rt_app(rt: Runtime) -> Flask:
    from flask import current_app

    assert current_app.extensions["muster"] is rt
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
