"""An incident that is closed leaves its bed run to go on without it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.bedruns.models import BedRun, RunState
from app.incidents.closing import counted, leaves_open


@leaves_open
def _bed_runs(session: Session, incident_id: str) -> str | None:
    query = sa.select(sa.func.count()).where(BedRun.incident_id == incident_id, BedRun.state == RunState.OPEN)
    number = session.scalar(query) or 0
    return counted(number, "bed run under way, which goes on", "bed runs under way, which go on")
