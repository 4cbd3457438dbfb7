"""Situation reports are owed: the first step's wait, counted from the last report, is the reporting period."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.clock import local
from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.kinds import Subject, escalates
from app.escalation.planner import Policy, Step
from app.facilities.models import Facility
from app.incidents.events import IncidentDeclared, SituationReported
from app.incidents.models import Incident
from app.incidents.queries import last_report
from app.journal import Entry, subscribe

KIND = "report"
PERIOD_MINUTES = 4 * 60
REPORT = Policy((Step(PERIOD_MINUTES, "tell_role", "planning_section_chief"), Step(60, "tell_commander")))


def _about(session: Session, incident_id: str) -> Subject:
    incident = session.get_one(Incident, incident_id)
    zone = session.get_one(Facility, incident.facility_id).zone
    last = last_report(session, incident)
    since = f"the last is of {local(last, zone):%H:%M}" if last else "there is none yet"
    return Subject("Situation report due", f"{since}.", "planning_section_chief")


escalates(KIND, label="Situation reports due", about=_about, default=REPORT)


def declared(uow: UnitOfWork, event: IncidentDeclared) -> None:
    deadlines.begin(uow, KIND, event.incident_id, event.incident_id, uow.now)


@subscribe(SituationReported)
def reported(uow: UnitOfWork, entry: Entry) -> None:
    """The next one is owed a period later."""
    incident_id = entry.stream.removeprefix("incident:")
    deadlines.end(uow, KIND, incident_id)
    deadlines.begin(uow, KIND, incident_id, incident_id, uow.now)
