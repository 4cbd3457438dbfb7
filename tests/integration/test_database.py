"""The unit of work on both engines."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import Database, UnitOfWork
from app.facilities.models import Facility, Unit
from app.incidents.models import Incident
from tests.support.hospital import Hospital


def _facility(uow: UnitOfWork, code: str) -> None:
    uow.session.add(Facility(id=uow.new_id(), code=code, name=code, system_name="S", zone="UTC"))
    uow.session.flush()
    uow.announce("facilities", code)


def test_a_failed_action_leaves_nothing_and_tells_nobody(db: Database) -> None:
    told: list[str] = []
    db.listen("facilities", told.append)

    def fails(uow: UnitOfWork) -> None:
        _facility(uow, "X")
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError):
        db.transact(fails)
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Facility)) == 0
    assert told == []


def test_listeners_hear_after_the_commit_and_a_deaf_one_does_no_harm(db: Database) -> None:
    seen: list[int] = []

    def count(_key: str) -> None:
        with db.read() as session:
            seen.append(session.scalar(sa.select(sa.func.count()).select_from(Facility)) or 0)
        raise RuntimeError("deaf")

    db.listen("facilities", count)
    db.transact(_facility, "X")
    assert seen == [1]


def test_read_modify_write_by_many_threads_loses_nothing(db: Database, hospital: Hospital) -> None:
    unit_id = hospital.units["ICU"].id

    def increment(uow: UnitOfWork) -> None:
        unit = uow.session.get_one(Unit, unit_id, with_for_update=True)
        unit.licensed_beds += 1

    before = hospital.units["ICU"].licensed_beds
    threads = [threading.Thread(target=lambda: [db.transact(increment) for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert session.get_one(Unit, unit_id).licensed_beds == before + 80


def test_times_come_back_in_utc_and_naive_ones_are_refused(db: Database, hospital: Hospital) -> None:
    def store(uow: UnitOfWork, moment: datetime) -> None:
        values = {"declared_at": moment, "started_at": moment}
        uow.session.add(_incident(uow, hospital.facility.id, **values))

    db.transact(store, datetime(2026, 1, 1, 12, tzinfo=UTC))
    with db.read() as session:
        row = session.execute(sa.select(Incident.started_at)).scalar_one()
    assert row == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert row.tzinfo is UTC
    with pytest.raises(sa.exc.StatementError, match="no time zone"):
        db.transact(store, datetime(2026, 1, 1, 12))
    db.transact(lambda uow: uow.session.execute(sa.delete(Incident)))


def _incident(uow: UnitOfWork, facility_id: str, **values: Any) -> Incident:
    return Incident(
        id=uow.new_id(),
        number="X-1",
        name="x",
        guide="x",
        facility_id=facility_id,
        exercise=True,
        activation_level="full",
        reason="x",
        state="active",
        **values,
    )
