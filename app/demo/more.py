"""What else is counted in the demo's units beside beds: nurses, causes of blocked beds, what could be opened."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.demo.model import Unit

CAUSES = ("blocked_cleaning", "blocked_maintenance", "blocked_isolation", "blocked_staffing", "blocked_other")
SHIFT_BEGINS, SHIFT_HOURS = 7, 12
SHORT_CHANCE = 0.2
KEPT = timedelta(minutes=10)
"""After so long a number is told again although it is the same."""


def more(
    unit: Unit, zone: ZoneInfo, at: datetime, staffed: int, occupied: int, blocked: int
) -> dict[str, int]:
    """By metric. The same hour gives the same numbers; nurses stay the same for a shift of twelve hours."""
    local = at.astimezone(zone) - timedelta(hours=SHIFT_BEGINS)
    shift = f"{unit.facility}:{unit.code}:{local.date()}:{local.hour // SHIFT_HOURS}"
    rng = Random(shift)
    nurses = -(-staffed // unit.patients_per_nurse)
    if rng.random() < SHORT_CHANCE:
        nurses = max(nurses - 1, -(-occupied // unit.patients_per_nurse))
    spare = max(0, unit.physical_beds - staffed - blocked)
    cause = rng.choice(CAUSES[:3])
    found = dict.fromkeys(CAUSES, 0) | {cause: blocked}
    found |= {
        "nurses_on_duty": nurses,
        "openable_4h": spare // 2,
        "openable_24h": spare,
        "openable_72h": spare + found["blocked_maintenance"],
    }
    if unit.unit_class == "ed":
        waiting = max(0, occupied - unit.staffed_beds // 2) // 3
        found |= {
            "ed_patients": occupied + waiting,
            "ed_boarding": occupied // 6,
            "ed_longest_wait": min(9, waiting // 2),
        }
    return found
