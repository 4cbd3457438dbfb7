"""Two weeks of alarms for the demo hospitals: what their triggers would have fired over the recorded counts, and what
people were told of beside it, with one bad night in each week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.alarms.models import Alarm
from app.alarms.subscribers import DECIDES, WATCHES
from app.demo.filling import insert
from app.demo.parts import Filling, part
from app.surge.definitions import INDICATOR, read
from app.surge.queries import all_triggers
from app.surge.recorded import PREVIEW, samples_of
from app.surge.trial import run

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BAD_NIGHTS = (2, 9)
"""Days ago. One night with too many alarms at once lies in each of two weeks."""
# Title, for whom, severity, which S, how many a week.
USUAL = (
    ("Request late: wound dressings", "Supply Unit Leader", "low", "stuff", 4),
    ("Request nobody has decided: portable suction", "Logistics Section Chief", "medium", "stuff", 3),
    ("Situation report due", "Planning Section Chief", "low", "", 5),
    ("Bed counts are too old", "Planning Section Chief", "medium", "systems", 6),
    ("Operating room turnover is late", "Operations Section Chief", "low", "space", 4),
    ("Night shift is two nurses short", "supervisor", "high", "staff", 3),
    ("Blood bank asks for a decision", "incident commander", "critical", "stuff", 1),
)
FIRST_OF_NIGHT = ("Intensive care transfer has no bed", "Operations Section Chief", "high", "space")
FLAPPING = ("No count from Emergency", "on duty in ED", "low", "systems")


@part
def fill_alarms(filling: Filling) -> None:
    for code in filling.facilities:
        rng = Random(f"{filling.data.seed}:alarms:{code}")
        rows = [*_fired(filling, code, rng), *_told(filling, code, rng)]
        insert(filling.uow, Alarm, [row | {"id": filling.uow.new_id()} for row in rows])


def _fired(filling: Filling, code: str, rng: Random) -> Iterator[dict[str, Any]]:
    """What is over; what stands has been raised with the readings."""
    facility_id, now = filling.facilities[code], filling.uow.now
    for trigger, _ in all_triggers(filling.uow.session, facility_id):
        definition = read(trigger.definition)
        seen = samples_of(filling.uow.session, facility_id, definition, now, PREVIEW)
        for episode in run(definition.rule, seen, now).episodes:
            if episode.cleared_at is not None:
                role = WATCHES if definition.kind == INDICATOR else DECIDES
                yield _row(
                    facility_id,
                    f"trigger:{trigger.id}",
                    (trigger.title, role, definition.severity, definition.resource),
                    episode.fired_at,
                    episode.cleared_at,
                    rng,
                ) | {"place": trigger.unit_class, "link": f"/capacity/triggers/{trigger.id}"}


def _told(filling: Filling, code: str, rng: Random) -> Iterator[dict[str, Any]]:
    facility_id, now = filling.facilities[code], filling.uow.now
    for number, (*what, a_week) in enumerate(USUAL):
        for each in range(a_week * 2):
            at = now - timedelta(minutes=rng.randrange(2 * 60, 14 * 24 * 60))
            cleared = min(at + timedelta(minutes=rng.randrange(20, 240)), now)
            yield _row(facility_id, f"demo:{code}:{number}:{each}", tuple(what), at, cleared, rng)
    for days in BAD_NIGHTS:
        begins = now - days * DAY
        for each in range(rng.randrange(12, 17)):
            one = rng.choice(USUAL)[:4] if each else FIRST_OF_NIGHT
            at = begins + timedelta(seconds=each * 35)
            yield _row(facility_id, f"demo:{code}:night:{days}:{each}", one, at, at + 50 * MINUTE, rng)
        for each in range(3):
            at = begins + 5 * 60 * MINUTE + each * 17 * MINUTE
            yield _row(facility_id, f"demo:{code}:flaps", FLAPPING, at, at + 8 * MINUTE, rng)


def _row(
    facility_id: str,
    cause: str,
    what: tuple[str, ...],
    at: datetime,
    cleared_at: datetime,
    rng: Random,
) -> dict[str, Any]:
    title, role, severity, resource = what
    seen = at + timedelta(minutes=1 + rng.expovariate(1 / 12))
    answered = seen < cleared_at and rng.random() < 0.85
    shelved = answered and rng.random() < 0.08
    return {
        "key": f"demo:{facility_id}:{cause}:{at.timestamp():.0f}"[-120:],
        "kind": "firing" if cause.startswith("trigger:") else "told",
        "facility_id": facility_id,
        "incident_id": None,
        "exercise": False,
        "cause": cause,
        "title": title,
        "words": "",
        "role": role,
        "severity": severity,
        "place": "",
        "resource": resource,
        "life_safety": False,
        "at": at,
        "raised_at": at,
        "acknowledged_at": seen if answered else None,
        "acknowledged_by": "Demo data" if answered else None,
        "shelved_at": seen if shelved else None,
        "shelved_until": None,
        "cleared_at": cleared_at,
        "link": "",
    }
