"""Requests that are needed by a time, and that nothing will happen about then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.escalation.audits import frozen_steps, judge_timed, step_waits
from app.incidents.models import Incident, IncidentState
from app.resources.models import ResourceRequest
from app.resources.rules import ENDED, RequestState
from app.watchdog.registry import audits


@audits(
    "requests",
    label="requests without a timer",
    bound="a timer from the moment they are raised",
    judge=judge_timed,
)
def timed_requests(session: Session, _now: datetime) -> Iterable[Any]:
    query = sa.select(
        ResourceRequest.id,
        ResourceRequest.raised_at.label("since"),
        ResourceRequest.needed_by.label("due_at"),
        sa.literal("A request").label("what"),
        step_waits("request", ResourceRequest.id).label("waits"),
        frozen_steps("request", ResourceRequest.incident_id).label("steps"),
    ).join(Incident, Incident.id == ResourceRequest.incident_id)
    return session.execute(
        query.where(
            Incident.state == IncidentState.ACTIVE,
            ResourceRequest.state.not_in((*ENDED, RequestState.RECEIVED)),
            ResourceRequest.needed_by.is_not(None),
            ResourceRequest.overdue.is_(False),
        )
    )
