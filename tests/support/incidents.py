"""Incidents for tests."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.db import Database
from app.incidents import actions
from app.incidents.models import Incident
from tests.support.hospital import Hospital


def declared(db: Database, hospital: Hospital, actor: Actor | None = None, **changes: Any) -> Incident:
    """An incident at the hospital, declared by its commander (Ada Quill)."""
    wanted = {
        "guide": "mass_casualty_incident",
        "facility_id": hospital.facility.id,
        "exercise": False,
        "activation_level": "partial",
        "reason": "Bus crash on Route 9, 30 hurt",
    }
    return db.transact(actions.declare, actor or hospital.commander, **wanted | changes)
