"""Readings: stored once, corrected visibly, the newest kept at hand, bad ones named."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Forbidden
from app.surge import actions, queries
from app.surge.actions import Given
from app.surge.models import LatestReading, Reading, ReadingMark
from tests.support.hospital import Hospital, build
from tests.support.surge import MINUTE, PROGRAM, enter, given


def stored(db: Database) -> list[tuple[int, int]]:
    with db.read() as session:
        rows = session.execute(sa.select(Reading.value, Reading.revision).order_by(Reading.seq))
        return [(value, revision) for value, revision in rows]


def latest(db: Database) -> list[int]:
    with db.read() as session:
        return list(session.scalars(sa.select(LatestReading.value).order_by(LatestReading.metric)))


def version(db: Database, hospital: Hospital) -> int:
    with db.read() as session:
        return queries.capacity_version(session, hospital.facility.id)


def test_the_same_reading_again_changes_nothing(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    reading = given("ICU", 9, clock.now())
    assert enter(db, hospital.staff, reading).accepted == 1
    assert version(db, hospital) == 1
    again = enter(db, hospital.staff, reading)
    assert (again.accepted, again.unchanged, again.corrected) == (1, 1, 0)
    assert stored(db) == [(9, 0)]
    assert version(db, hospital) == 1


def test_another_value_is_a_correction_and_the_newer_one_counts(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    at = clock.now()
    for value in (9, 10, 9):
        enter(db, hospital.staff, given("ICU", value, at))
    assert stored(db) == [(9, 0), (10, 1), (9, 2)]
    assert latest(db) == [9]
    assert version(db, hospital) == 3


def test_in_one_batch_what_comes_again_corrects_what_came_before(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    at = clock.now()
    entered = enter(db, hospital.staff, *(given("ICU", value, at) for value in (9, 9, 10, 11)))
    assert (entered.accepted, entered.unchanged, entered.corrected) == (4, 1, 2)
    assert latest(db) == [11]


def test_late_readings_are_kept_and_do_not_become_the_newest(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    now = clock.now()
    enter(db, hospital.staff, given("ICU", 9, now))
    enter(db, hospital.staff, given("ICU", 4, now - timedelta(hours=2)))
    assert latest(db) == [9]
    enter(db, hospital.staff, given("ICU", 5, now, source="feed"))
    assert latest(db) == [5], "at the same moment the one that came later counts"


def test_bad_rows_are_named_and_the_good_ones_taken(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    now = clock.now()
    entered = enter(
        db,
        hospital.staff,
        given("ICU", 9, now),
        given("NOPE", 9, now),
        given("ICU", 9, now, facility="XX"),
        given("ICU", 9, now, "fax_machines"),
        given("ICU", -1, now),
        given("ICU", 9, now + 6 * MINUTE),
        given("ICU", 8, now + 5 * MINUTE),
        given("ICU", 7, now, source=" "),
    )
    assert entered.accepted == 2
    assert [(r.index, *r.errors) for r in entered.refused] == [
        (1, "unit"),
        (2, "facility"),
        (3, "metric"),
        (4, "value"),
        (5, "observed_at"),
        (7, "source"),
    ]
    assert "4W, ED, ICU" in entered.refused[0].errors["unit"][0]
    assert "SBMC" in entered.refused[1].errors["facility"][0]
    assert "occupied_beds" in entered.refused[2].errors["metric"][0]


def test_more_patients_than_physical_beds_is_taken_with_a_warning(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    entered = enter(db, hospital.staff, given("ICU", 14, clock.now()))
    assert entered.accepted == 1
    assert "14 occupied beds" in entered.warnings[0]
    assert enter(db, hospital.staff, given("ICU", 13, clock.now())).warnings == []


def test_only_those_who_may_enter_and_only_where_they_may(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    other = db.transact(build, "QRCH", "Quill River")
    with pytest.raises(Forbidden):
        enter(db, hospital.leadership, given("ICU", 9, clock.now()))
    entered = enter(
        db, other.staff, given("ICU", 9, clock.now()), given("ICU", 8, clock.now(), facility="QRCH")
    )
    assert entered.accepted == 1
    assert "SBMC" in entered.refused[0].errors["facility"][0]


def test_trends_keep_the_last_of_each_six_hours(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    now = clock.now()  # 09:00
    enter(db, hospital.staff, *(given("ICU", hour, now - timedelta(hours=hour)) for hour in range(10)))
    with db.read() as session:
        marks = session.execute(
            sa.select(ReadingMark.begins_at, ReadingMark.value).order_by(ReadingMark.begins_at)
        )
        assert [(at.hour, value) for at, value in marks] == [(0, 4), (6, 0)]


def test_many_processes_entering_the_same_keep_one(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    readings = [given(unit, n, clock.now() - n * MINUTE) for n in range(20) for unit in hospital.units]
    totals: list[int] = []

    def work() -> None:
        totals.append(enter(db, hospital.staff, *readings).unchanged)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(totals) == [0, 60, 60, 60]
    assert len(stored(db)) == 60


def test_nothing_is_announced_when_nothing_changes(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    heard: list[str] = []
    db.listen("readings", heard.append)
    reading: Given = given("ICU", 9, clock.now())
    db.transact(actions.enter, hospital.staff, readings=[reading])
    db.transact(actions.enter, hospital.staff, readings=[reading])
    assert heard == [hospital.facility.id]


def test_many_hospitals_in_one_batch_are_each_taken_and_looked_at_when_due(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    codes = ["SBMC", *(f"H{number}" for number in range(3))]
    others = {code: db.transact(build, code, f"Hospital {code}") for code in codes[1:]}
    ids = {"SBMC": hospital.facility.id} | {code: other.facility.id for code, other in others.items()}
    now = clock.now()
    statements: list[str] = []

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    def full(some: list[str]) -> int:
        statements.clear()
        readings = [given("ICU", 12, clock.now(), facility=code) for code in some]
        entered = db.transact(actions.enter, PROGRAM, readings=readings)
        assert entered.accepted == len(some)
        return len(statements)

    full(codes)
    sa.event.listen(db.engine, "before_cursor_execute", count)
    clock.advance(minutes=1)
    one = full(codes[:1])
    clock.advance(minutes=1)
    assert full(codes) <= one + 2, "statements do not grow with hospitals"
    sa.event.remove(db.engine, "before_cursor_execute", count)
    with db.read() as session:
        assert queries.due(session, clock.now(), 10) == []
        assert {queries.capacity_version(session, id) for id in ids.values()} == {2, 3}
    clock.advance(minutes=58)
    full(codes[:1])
    with db.read() as session:
        assert set(queries.due(session, clock.now(), 10)) >= set(ids.values()) - {hospital.facility.id}
    assert db.transact(actions.look_again, PROGRAM) == 3, "an hour full, by time alone"
    with db.read() as session:
        assert queries.due(session, clock.now(), 10) == []
    assert db.transact(actions.look_again, PROGRAM) == 0
    clock.advance(hours=3)
    with db.read() as session:
        assert set(queries.due(session, clock.now(), 10)) == set(ids.values()), "too old by now"
    db.transact(actions.look_again, PROGRAM)
    with db.read() as session:
        assert queries.due(session, clock.now(), 10) == []
        assert now < clock.now()
