"""An exercise of last month at the large demo hospital, which came close to its target."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from app.bedruns import queries, rules
from app.bedruns.actions.running import ended_event, started_event
from app.bedruns.models import BedRun, BedRunCount, BedRunUnit, RunState
from app.core.actor import Actor
from app.core.ids import new_id
from app.demo.filling import insert
from app.demo.parts import Filling
from app.facilities.models import Unit
from app.facilities.queries import units as units_of
from app.facilities.stream import stream_of, take_hospitals
from app.facilities.unit_classes import UNIT_CLASSES
from app.journal import append

DEMO = Actor.system("demo")
HOSPITAL, WEEKS_AGO = "SBMC", 4
WAVES = (70, 125, 180)
CLEAN_AFTER, STAFF_AFTER, SPREAD = 22, 31, 45
"""Minutes: when beds come free, and how long until they are clean and have a nurse. Made up."""
WAYS = ("discharge", "discharge", "transfer", "deferred")


def fill_bed_run(filling: Filling) -> None:
    uow, facility_id = filling.uow, filling.facilities[HOSPITAL]
    began = (uow.now - timedelta(weeks=WEEKS_AGO)).replace(hour=14, minute=0, second=0, microsecond=0)
    chosen = [
        unit
        for unit in units_of(uow.session, facility_id)
        if unit.unit_class in UNIT_CLASSES and unit.unit_class not in queries.NOT_AT_FIRST
    ]
    staffed = sum(unit.staffed_beds for unit in chosen)
    run = BedRun(
        id=new_id(began),
        facility_id=facility_id,
        exercise=True,
        reason="Quarterly exercise",
        percent=rules.PERCENT,
        staffed_beds=staffed,
        target=rules.target(staffed),
        started_at=began,
        started_by=DEMO.name,
        deadline_at=began + rules.HOURS,
        state=RunState.OVER,
        ended_at=began + rules.HOURS,
        ended_by=DEMO.name,
        end_reason="",
    )
    uow.session.add(run)
    uow.session.flush()
    frozen = [_frozen(run, unit) for unit in chosen]
    uow.session.add_all(frozen)
    insert(uow, BedRunCount, [row for n, unit in enumerate(frozen) for row in _counts(run, unit, n)])
    found = queries.shown(uow.session, run, uow.now)
    run.counted = found.counted
    take_hospitals(uow, [facility_id])
    stream = stream_of(facility_id)
    append(uow, stream, DEMO, started_event(run, frozen), occurred_at=began)
    append(uow, stream, DEMO, ended_event(run, found), occurred_at=run.ended_at)


def _frozen(run: BedRun, unit: Unit) -> BedRunUnit:
    return BedRunUnit(
        run_id=run.id,
        unit_id=unit.id,
        code=unit.code,
        name=unit.name,
        unit_class=unit.unit_class,
        staffed_beds=unit.staffed_beds,
        source="demo feed",
        observed_at=run.started_at - timedelta(minutes=12),
    )


def _counts(run: BedRun, unit: BedRunUnit, number: int) -> Iterable[dict[str, Any]]:
    """Those who can go first; then each wave of beds, freed, cleaned and staffed, where time is left."""
    share = rules.target(unit.staffed_beds)
    late = number * 7 % SPREAD
    yield _row(run, unit, 15 + late // 2, rules.IDENTIFIED, "class_1", share)
    for wave, minute in enumerate(WAVES):
        beds = share // 3 + (wave < share % 3)
        way = WAYS[(number + wave) % len(WAYS)]
        steps = (
            (0, rules.FREED, way),
            (CLEAN_AFTER, rules.CLEANED, ""),
            (STAFF_AFTER, rules.STAFFED, ""),
        )
        for after, step, kind in steps:
            if beds and minute + late + after < rules.HOURS // timedelta(minutes=1):
                yield _row(run, unit, minute + late + after, step, kind, beds)


def _row(run: BedRun, unit: BedRunUnit, minute: int, step: str, kind: str, beds: int) -> dict[str, Any]:
    at: datetime = run.started_at + timedelta(minutes=minute)
    return {
        "id": new_id(at),
        "run_id": run.id,
        "unit_id": unit.unit_id,
        "step": step,
        "kind": kind,
        "change": beds,
        "at": at,
        "by": DEMO.name,
        "undoes": None,
    }
