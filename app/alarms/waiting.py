"""Which recommendations nobody decides while no incident is open, and when somebody is told of it next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.alarms.models import AlarmCall
from app.escalation.planner import Due, Policy, Setting, first_step, next_step, put_off
from app.escalation.queries import policy_for
from app.facilities.models import Facility
from app.incidents.models import Incident, IncidentState
from app.surge.models import Recommendation, RecommendationState


def setting(zone: str) -> Setting:
    """Outside an incident there is no exercise and no level of activation to wait for."""
    return Setting(zone)


def undecided(session: Session, facility_id: str | None = None) -> list[Recommendation]:
    """Open, in hospitals without a real incident: an exercise answers no real alarm."""
    real = sa.exists().where(
        Incident.facility_id == Recommendation.facility_id,
        Incident.state == IncidentState.ACTIVE,
        Incident.exercise.is_(False),
    )
    query = sa.select(Recommendation).where(Recommendation.state == RecommendationState.OPEN, ~real)
    if facility_id is not None:
        query = query.where(Recommendation.facility_id == facility_id)
    return list(session.scalars(query.order_by(Recommendation.id)))


def next_call(
    session: Session, found: Recommendation, policy: Policy, zone: str, now: datetime
) -> Due | None:
    """The step that comes next, counted from the one before; None when nothing more does. One that comes late, when its
    hours are over and it may wait for them, waits."""
    done = sa.select(AlarmCall).where(AlarmCall.recommendation_id == found.id)
    last = session.scalar(done.order_by(AlarmCall.round.desc(), AlarmCall.step.desc()).limit(1))
    if last is None:
        due = first_step(policy, found.made_at, 1, setting(zone))
    elif last.step < len(policy.steps):
        due = next_step(policy, last.step, last.round, last.at, setting(zone))
    else:
        due = None  # the policy has become shorter meanwhile
    if due is None or due.due_at > now:
        return due
    opens = put_off(policy, due.step, now, setting(zone))
    return due if opens is None else replace(due, due_at=opens)


def waiting_calls(session: Session, now: datetime) -> list[tuple[Recommendation, Due | None]]:
    """Everything that is undecided, with its next step."""
    found = []
    for each in undecided(session):
        zone = session.get_one(Facility, each.facility_id).zone
        policy = policy_for(session, each.facility_id, "alarm")
        found.append((each, next_call(session, each, policy, zone, now)))
    return found
