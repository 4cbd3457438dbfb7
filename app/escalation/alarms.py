"""Surge alarms escalate: a level is recommended, and nobody decides. A person's decision is the answer to it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.kinds import Subject, escalates
from app.escalation.planner import Policy, Step
from app.incidents.models import Incident
from app.journal import Entry, subscribe
from app.surge.events import RecommendationEnded, SurgeCarriedOver, SurgeRecommended
from app.surge.models import Recommendation

KIND = "alarm"
ALARM = Policy((Step(10, "tell_commander"),))


def _about(session: Session, recommendation_id: str) -> Subject:
    found = session.get_one(Recommendation, recommendation_id)
    return Subject(f"{found.label} recommended", f"{found.because}. Nobody has decided.")


escalates(KIND, label="Surge alarms nobody has decided", about=_about, default=ALARM)


@subscribe(SurgeRecommended)
def recommended(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, SurgeRecommended)
    _begin(uow, entry.stream, event.recommendation_id)


@subscribe(SurgeCarriedOver)
def carried_over(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, SurgeCarriedOver)
    if event.recommendation is not None:
        _begin(uow, entry.stream, event.recommendation.recommendation_id)


@subscribe(RecommendationEnded)
def decided(uow: UnitOfWork, entry: Entry) -> None:
    """Told to the hospital's journal and to those of its incidents; the one it waits in is locked by then."""
    event = entry.event
    assert isinstance(event, RecommendationEnded)
    if entry.stream.startswith("incident:"):
        deadlines.end(uow, KIND, event.recommendation_id, entry.stream.removeprefix("incident:"))


def _begin(uow: UnitOfWork, stream: str, recommendation_id: str) -> None:
    """In the first real incident that hears of it: the hospital's alarm is no part of an exercise."""
    if not stream.startswith("incident:"):
        return
    incident_id = stream.removeprefix("incident:")
    if not uow.session.get_one(Incident, incident_id).exercise:
        deadlines.begin(uow, KIND, recommendation_id, incident_id, uow.now)
