"""An incident with something to ask for."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.incidents.actions import declare
from app.incidents.models import Incident
from app.resources.actions import Wanted, raise_request, seed_stock
from app.resources.models import ResourceRequest
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
