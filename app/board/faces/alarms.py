"""Whether the hospital's people are flooded with alarms, and what came first."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.alarms import queries
from app.board.cards import outside_card
from app.board.picture import Picture


@outside_card("alarms", "Alarm flood", region="main", template="board/alarms.html")
def alarms(session: Session, picture: Picture) -> tuple[int, dict[str, Any]]:
    """One row holds version and values, so that they always belong together."""
    found = queries.flood(session, picture.command.facility_id)
    flood = found if found is not None and found.began_at is not None else None
    version = found.version if found is not None else 0
    return version, {"flood": flood, "url": f"/alarms/{picture.command.facility_code}"}
