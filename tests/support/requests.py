"""An incident with something to ask for."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.db import Database
from app.incidents.actions import declare
from app.incidents.models import Incident
from app.journal import entries
from app.resources.actions import Wanted, raise_request, seed_stock
from app.resources.models import ResourceRequest, StockLevel
from tests.support.hospital import Hospital

STOCK = {"n95_respirator": (100, 400), "tourniquet": (0, 200)}


def declared(act: Any, hospital: Hospital, *, exercise: bool = False) -> Incident:
    return act(
        declare,
        hospital.commander,
        guide="mass_casualty_incident",
        facility_id=hospital.facility.id,
        exercise=exercise,
        activation_level="partial",
        reason="Bus crash on Route 9, 30 hurt",
    )


def stocked(act: Any, hospital: Hospital) -> None:
    act(seed_stock, hospital.administrator, hospital.facility.id, STOCK)


def raised(act: Any, actor: Actor, incident: Incident, **changes: Any) -> ResourceRequest:
    """40 boxes of respirators and 2 generators that are in no catalogue, unless `changes` say otherwise."""
    wanted = {
        "lines": [
            Wanted(40, sku="n95_respirator"),
            Wanted(2, description="Light tower", unit="each"),
        ],
        "priority": "urgent",
        "deliver_to": "Emergency, door 3",
        "why": "Patients keep coming",
    }
    return act(raise_request, actor, incident.id, **wanted | changes)


def kinds(db: Database, incident: Incident) -> list[str]:
    """What the journal says of requests and stock, in order."""
    with db.read() as session:
        found = [entry.kind for entry in entries(session, incident.stream)]
    return [kind for kind in found if kind.startswith(("request.", "stock."))]


def on_hand(db: Database, hospital: Hospital, sku: str) -> int:
    with db.read() as session:
        level = session.get(StockLevel, (hospital.facility.id, sku))
        assert level is not None
        return level.on_hand
