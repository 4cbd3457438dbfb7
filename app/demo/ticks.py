"""Keeps the demo hospital counting, and its people working."""

from __future__ import annotations

from random import Random

import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.demo import crowding, feed, polling
from app.demo.generator import FACILITIES, SEED, units
from app.demo.people import staff
from app.demo.rota_filling import go_on
from app.facilities.models import Facility
from app.facilities.models import Unit as UnitRow
from app.jobs import Tick
from app.surge.actions import Given, enter
from app.surge.models import LatestReading

EVERY = 180
ROTA_EVERY = 3600
COUNTER = Actor.system("demo feed")


def count(uow: UnitOfWork) -> int:
    """Enter the next count of the demo's units that are there. Two processes in a row count twice: no harm."""
    last = {
        (row.facility, row.unit, row.metric): feed.Last(row.value, row.observed_at, row.source)
        for row in uow.session.execute(_LAST)
    }
    zones = {f.code: f.zone for f in uow.session.scalars(sa.select(Facility))}
    there = {place[:2] for place in last}
    mine = [unit for unit in units() if (unit.facility, unit.code) in there]
    counted = feed.counts(mine, zones, last, uow.now, Random())
    counted += crowding.reports(mine, last, uow.now, Random())
    readings = [Given(r.facility, r.unit, r.metric, r.value, r.at, feed.SOURCE) for r in counted]
    return enter(uow, COUNTER, readings=readings).accepted


def _tick(app: Flask) -> int:
    runtime = app.extensions["muster"]
    return runtime.db.transact(count) if runtime.settings.demo else 0


_LAST = (
    sa.select(
        Facility.code.label("facility"),
        UnitRow.code.label("unit"),
        LatestReading.metric,
        LatestReading.value,
        LatestReading.observed_at,
        LatestReading.source,
    )
    .join(UnitRow, UnitRow.id == LatestReading.unit_id)
    .join(Facility, Facility.id == UnitRow.facility_id)
)


def _rota(app: Flask) -> int:
    runtime = app.extensions["muster"]
    if not runtime.settings.demo:
        return 0
    return runtime.db.transact(go_on, staff(FACILITIES, Random(f"{SEED}:people")))


def _polls(app: Flask) -> int:
    runtime = app.extensions["muster"]
    if not runtime.settings.demo:
        return 0
    with runtime.db.read() as session:
        found = polling.due(session, runtime.clock.now())
    for poll_id, unit_id in found:
        runtime.db.transact(polling.answer_one, poll_id, unit_id)
    return len(found)


TICKS = [
    Tick("demo feed", EVERY, _tick),
    Tick("demo rota", ROTA_EVERY, _rota),
    Tick("demo polls", 5, _polls),
]
