"""Reports lost, doubled, out of order, contradicting: the text ends in the same state (promise I5)."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.clock import ManualClock
from app.core.db import Database
from app.messaging import queries
from app.messaging.actions import reports
from app.messaging.actions.reports import Report
from app.messaging.actions.sending import Outcome, record
from app.messaging.carriers import Accepted, Ambiguous
from app.messaging.models import CarrierEvent
from tests.conftest import SIGNER, START
from tests.integration.messaging.conftest import Post, Rooms
from tests.integration.messaging.reading import claimed
from tests.support.hospital import build

GOOD = ("queued", "sending", "sent", "delivered")
BAD = ("queued", "sent", "undelivered")
_keys = itertools.count()


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    path = tmp_path_factory.mktemp("reports") / "muster.db"
    copy(sqlite_template, path)
    db = Database(f"sqlite:///{path}", SIGNER, ManualClock(START))
    yield Post(db, db.transact(build))
    db.dispose()


def waiting(post: Post) -> list[str]:
    with post.db.read() as session:
        return list(session.scalars(sa.select(CarrierEvent.id).where(CarrierEvent.processed_at.is_(None))))


def play(
    post: Post, rooms: Rooms, order: list[str], answer: str, at: int
) -> tuple[str, str | None, list[str]]:
    """Send one text, let reports come in this order with the create's answer among them, and see."""
    rooms.deliveries.clear()
    intent = post.ask(key=f"k{next(_keys)}")
    [one] = claimed(post.db, most=1, carrier="twilio")
    sid = f"SM{one.attempt_id}"
    for place, status in enumerate([*order, ""]):
        if place == min(at, len(order)):
            result = Accepted(sid) if answer == "accepted" else Ambiguous("no answer")
            post.db.transact(record, [Outcome(one.attempt_id, result)])
        if status:
            code = 30005 if status == "undelivered" else None
            report = Report(one.attempt_id, "callback", sid, status, code, f"{one.attempt_id}:{place}")
            assert post.db.transact(reports.store, [report, report]) == 1
            assert post.db.transact(reports.store, [report]) == 0
            event_ids = waiting(post)
            assert post.db.transact(reports.apply, event_ids) == 1
            assert post.db.transact(reports.apply, event_ids) == 0
    [attempt] = post.attempts(intent)
    return post.state(intent), attempt.status, rooms.stages(intent)


@given(
    order=st.lists(st.sampled_from(GOOD), max_size=8),
    answer=st.sampled_from(["accepted", "ambiguous"]),
    at=st.integers(0, 8),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_i5_delivered_is_delivered_whatever_comes_when(
    place: Post, rooms: Rooms, order: list[str], answer: str, at: int
) -> None:
    state, status, stages = play(place, rooms, order, answer, at)
    if "delivered" in order:
        assert (state, status, stages) == ("delivered", "delivered", ["sent", "delivered"])
    elif order or answer == "accepted":
        known = [*order, "queued"] if answer == "accepted" else order
        assert (state, status, stages) == ("sent", max(known, key=GOOD.index), ["sent"])
    else:
        assert (state, stages) == ("unknown", [])


@given(
    order=st.permutations([*BAD, *BAD]),
    answer=st.sampled_from(["accepted", "ambiguous"]),
    at=st.integers(0, 6),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_i5_undelivered_is_failed_once_whatever_comes_when(
    place: Post, rooms: Rooms, order: list[str], answer: str, at: int
) -> None:
    assert play(place, rooms, order, answer, at) == ("failed", "undelivered", ["sent", "failed"])


def test_of_two_contradicting_ends_the_first_stands_and_both_are_kept(place: Post, rooms: Rooms) -> None:
    state, status, _ = play(place, rooms, ["delivered", "failed"], "accepted", 0)
    assert (state, status) == ("delivered", "delivered")
    with place.db.read() as session:
        assert queries.queue(session, START).conflicts == 1
        assert {"delivered", "failed"} <= set(session.scalars(sa.select(CarrierEvent.status)))


def test_a_report_about_another_text_changes_nothing(place: Post, rooms: Rooms) -> None:
    intent = place.ask(key="mine")
    [one] = claimed(place.db, most=1, carrier="twilio")
    place.db.transact(record, [Outcome(one.attempt_id, Accepted("SMours"))])
    for attempt_id, sid in ((one.attempt_id, "SMother"), ("no-such-attempt", "SMours")):
        report = Report(attempt_id, "callback", sid, "delivered", None, f"{attempt_id}{sid}")
        place.db.transact(reports.store, [report])
        place.db.transact(reports.apply, waiting(place))
    assert place.state(intent) == "sent"


def test_a_word_we_do_not_know_moves_nothing(place: Post, rooms: Rooms) -> None:
    assert play(place, rooms, ["teleported"], "accepted", 0)[0] == "sent"


def test_many_reports_at_once_are_each_kept_and_applied(app: Flask, post: Post, rooms: Rooms) -> None:
    """Batches form by themselves; nobody is answered before their own report is stored."""
    for n in range(8):
        post.ask(n, key=f"k{n}")
    claims = claimed(post.db, most=8, carrier="twilio")
    drain = app.extensions["muster"].parts["drain"]
    kept: list[int] = []

    def hear(attempt_id: str, status: str) -> None:
        drain.hear(Report(attempt_id, "callback", f"SM{attempt_id}", status))
        with post.db.read() as session:
            query = sa.select(CarrierEvent.id).where(
                CarrierEvent.attempt_id == attempt_id, CarrierEvent.status == status
            )
            kept.append(len(session.scalars(query).all()))

    threads = [
        threading.Thread(target=hear, args=(one.attempt_id, status))
        for one in claims
        for status in ("queued", "sent", "delivered")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == [1] * 24
    assert waiting(post) == []
    assert set(post.all_states()) == {"delivered"}
    assert sorted(one.stage for one in rooms.deliveries) == ["delivered"] * 8 + ["sent"] * 8


def test_a_report_that_cannot_be_stored_is_refused_and_holds_up_nobody(app: Flask, post: Post) -> None:
    post.ask()
    [one] = claimed(post.db, most=1, carrier="twilio")
    drain = app.extensions["muster"].parts["drain"]
    with pytest.raises(Exception, match=r"bind|type|convert|adapt"):
        drain.hear(Report(one.attempt_id, "callback", "SM1", "sent", error_code=object()))  # type: ignore[arg-type]
    drain.hear(Report(one.attempt_id, "callback", "SM1", "delivered"))
    assert post.all_states() == ["delivered"]


@pytest.mark.engine("sqlite")
def test_while_texts_wait_to_be_sent_reports_take_turns_and_none_is_left(
    app: Flask, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.messaging.drain.PAUSE", 1.5)
    for n in range(2):
        post.ask(n, key=f"k{n}")
    first, second = claimed(post.db, most=2, carrier="twilio")
    parts = app.extensions["muster"].parts
    drain, rush = parts["drain"], parts["rush"]
    rush.note("a line", True)
    drain.start()
    try:
        drain.hear(Report(first.attempt_id, "callback", "SM1", "delivered"))
        until(lambda: waiting(post) == [])
        drain.hear(Report(second.attempt_id, "callback", "SM2", "delivered"))
        assert len(waiting(post)) == 1
        rush.note("a line", False)
        until(lambda: waiting(post) == [])
    finally:
        drain.stop()
    assert post.all_states() == ["delivered", "delivered"]


def until(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.01)
