"""What the demo's units said this morning, and what worries there."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from app.core.actor import Actor
from app.demo.parts import Filling, part
from app.huddle import actions
from app.surge.actions import Given, enter
from app.surge.huddle_metrics import INTO, NEXT_SHIFT, OUT, asked_of

SPEAKER = Actor.system("demo huddle")
SOURCE = "huddle"
SILENT_EVERY = 8
"""Every eighth unit has not said anything yet: there is somebody to ask."""

HOSPITAL = "SBMC"
WORRIES = (
    ("safety", "MS4W", "Two patients with the same family name on the unit", "Charge nurse 4 West", 2),
    ("equipment", None, "Second CT down, technician due at noon", "Imaging manager", 5),
    ("staffing", "TEL4", "One nurse short tonight, agency asked", "Nursing supervisor", 8),
    ("flow", None, "Five discharges wait for transport after 13:00", "Transport lead", 6),
    ("equipment", "NICU", "Two incubators out for repair", "Biomedical engineering", 52),
)


@part
def fill_huddle(filling: Filling) -> None:
    uow, rng = filling.uow, Random("demo huddle")
    readings = []
    for number, unit in enumerate(filling.data.units):
        if not asked_of(unit.unit_class) or number % SILENT_EVERY == SILENT_EVERY - 1:
            continue
        turnover = max(1, unit.staffed_beds // 7)
        nurses = -(-unit.staffed_beds * unit.usual_percent // (100 * unit.patients_per_nurse))
        values = (
            (OUT, rng.randint(turnover - 1, turnover + 2)),
            (INTO, rng.randint(turnover - 1, turnover + 3)),
            (NEXT_SHIFT, nurses + rng.choice((-1, 0, 0, 1))),
        )
        readings += [
            Given(unit.facility, unit.code, metric, value, uow.now, SOURCE) for metric, value in values
        ]
    entered = enter(uow, SPEAKER, readings=readings)
    assert not entered.refused, entered.refused[:3]
    for kind, code, text, owner, hours in WORRIES:
        actions.raise_item(
            uow,
            SPEAKER,
            filling.facilities[HOSPITAL],
            kind=kind,
            text=text,
            owner=owner,
            due_at=uow.now + timedelta(hours=hours),
            unit_id=filling.units[HOSPITAL, code] if code else None,
        )
