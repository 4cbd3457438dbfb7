"""A closing incident names the requests that are still open."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.incidents.closing import counted, leaves_open
from app.resources.queries import open_count


@leaves_open
def open_requests(session: Session, incident_id: str) -> str | None:
    return counted(open_count(session, incident_id), "open request", "open requests")
