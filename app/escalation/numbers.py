"""Numbers that are too old to be believed, and units that owe a count and are silent, while an incident is open.

Nothing happens when a number becomes old, so a tick looks: what it finds begins to wait, and what is well again
ends. A unit that has never reported owes nothing; one that has is silent when two counts in a row have not come.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.db import Database, UnitOfWork
from app.escalation import deadlines
from app.escalation.kinds import Subject, escalates
from app.escalation.models import Escalation
from app.escalation.planner import Policy, Step
from app.facilities.models import Unit
from app.incidents.actions.record import take
from app.incidents.models import Incident, IncidentState
from app.surge.metrics import METRICS
from app.surge.models import LatestReading
from app.surge.occupancy import OCCUPIED

OLD, SILENT = "old_numbers", "silent_unit"
NUMBERS = Policy((Step(30, "tell_role", "planning_section_chief"),))
SILENCE = Policy((Step(15, "tell_on_duty"),))
MOST_NAMED = 4


def _old(_session: Session, _incident_id: str) -> Subject:
    return Subject("Bed counts are too old", "nothing can be concluded from them. Ask the units to count.")


def _silent(session: Session, unit_id: str) -> Subject:
    unit = session.get_one(Unit, unit_id)
    return Subject(f"No count from {unit.name}", "its bed count is owed. Please report it.", unit=unit.code)


escalates(OLD, label="Numbers that are too old", about=_old, default=NUMBERS)
escalates(SILENT, label="Units that are silent", about=_silent, default=SILENCE)


def look(db: Database) -> int:
    """Begin and end what waits because of the age of numbers; return how many incidents changed."""
    with db.read() as session:
        now = db.clock.now()
        changed = [i for i in _first_incidents(session) if _wanted(session, i, now) != _waiting(session, i)]
    return sum(db.transact(follow, incident_id) for incident_id, _ in changed)


def follow(uow: UnitOfWork, incident_id: str) -> bool:
    """Let an incident wait for exactly those numbers that are old now."""
    incident = take(uow, deadlines.ENGINE, None, incident_id, closed_too=True)
    if incident.state is IncidentState.CLOSED:
        return False
    place = (incident.id, incident.facility_id)
    wanted, waiting = _wanted(uow.session, place, uow.now), _waiting(uow.session, place)
    for kind, subject_id in sorted(wanted - waiting):
        deadlines.begin(uow, kind, subject_id, incident_id, uow.now)
    for kind, subject_id in sorted(waiting - wanted):
        deadlines.end(uow, kind, subject_id)
    return True


def _first_incidents(session: Session) -> list[tuple[str, str]]:
    """(id, hospital) of the incident that asks for a hospital's numbers: the oldest open one, real first."""
    query = sa.select(Incident.id, Incident.facility_id).where(Incident.state == IncidentState.ACTIVE)
    first: dict[str, str] = {}
    for incident_id, facility_id in session.execute(
        query.order_by(Incident.exercise, Incident.declared_at, Incident.id)
    ):
        first.setdefault(facility_id, incident_id)
    return [(incident_id, facility_id) for facility_id, incident_id in first.items()]


def _wanted(session: Session, place: tuple[str, str], now: datetime) -> set[tuple[str, str]]:
    incident_id, facility_id = place
    query = (
        sa.select(LatestReading.unit_id, LatestReading.observed_at)
        .join(Unit, Unit.id == LatestReading.unit_id)
        .where(Unit.facility_id == facility_id, LatestReading.metric == OCCUPIED)
    )
    age = METRICS[OCCUPIED].max_age
    counted = session.execute(query).all()
    found = {(SILENT, unit_id) for unit_id, at in counted if now - at >= 2 * age}
    old = any(now - at >= age for _, at in counted)
    return found | ({(OLD, incident_id)} if old else set())


def _waiting(session: Session, place: tuple[str, str]) -> set[tuple[str, str]]:
    query = sa.select(Escalation.kind, Escalation.subject_id).where(
        Escalation.incident_id == place[0],
        Escalation.ended_at.is_(None),
        Escalation.kind.in_((OLD, SILENT)),
    )
    return {(kind, subject_id) for kind, subject_id in session.execute(query)}
