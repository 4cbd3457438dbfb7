"""What the emergency departments of the demo report beside their beds: the inputs of the crowding scores.

Worked out from how full the department is, with a little chance, so that the scores move with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random

from app.demo.feed import HANDS_OFF, SOURCE, Last
from app.demo.model import Reading, Unit

VISITS_A_BED = 1_400


def reports(
    units: Iterable[Unit], last: Mapping[tuple[str, str, str], Last], now: datetime, rng: Random
) -> list[Reading]:
    """Each department's inputs now; none for one that a person has reported for in the last hour."""
    found: list[Reading] = []
    for unit in units:
        occupied = last.get((unit.facility, unit.code, "occupied_beds"))
        if unit.unit_class != "ed" or occupied is None or _in_hand(unit, last, now):
            continue
        values = crowding(occupied.value, unit.staffed_beds, rng)
        found += [Reading(unit.facility, unit.code, metric, now, value) for metric, value in values.items()]
    return found


def crowding(treated: int, spaces: int, rng: Random) -> dict[str, int]:
    """`treated` patients are in the `spaces`."""
    load = treated / max(spaces, 1)
    waiting = max(0, round((load - 0.6) * spaces * 0.5) + rng.randint(0, 2))
    patients = treated + waiting
    boarding = min(treated, max(0, round(treated * (load - 0.55) * 0.5)))
    longest = boarding and 60 + boarding * 35 + rng.randint(0, 20)
    sickest = max(1, round(patients * 0.03))
    urgent, middle, minor = round(patients * 0.2), round(patients * 0.45), round(patients * 0.22)
    arrivals = max(1, round(spaces * 0.16) + rng.randint(-1, 1))
    return {
        "ed_patients": patients,
        "ed_boarding": boarding,
        "ed_longest_wait": round(load * 2),
        "ed_waiting_room": waiting,
        "ed_ventilated": sickest // 2,
        "ed_critical_care": sickest + 1,
        "ed_longest_boarding_minutes": longest,
        "ed_boarding_minutes": round(longest * boarding * 0.6),
        "ed_last_bed_wait_minutes": waiting * 6 + rng.randint(5, 15),
        "ed_visits_year": spaces * VISITS_A_BED,
        "ed_triage_1": sickest,
        "ed_triage_2": urgent,
        "ed_triage_3": middle,
        "ed_triage_4": minor,
        "ed_triage_5": max(0, patients - sickest - urgent - middle - minor),
        "ed_attendings": max(1, spaces // 14),
        "ed_arrivals_hour": arrivals,
        "ed_expected_arrivals": arrivals,
        "ed_expected_departures": max(1, arrivals - 1),
        "ed_provider_rate": max(1, spaces // 6),
        "ed_acuity_1": max(0, patients - middle - urgent - sickest),
        "ed_acuity_2": middle,
        "ed_acuity_3": urgent,
        "ed_acuity_4": sickest,
        "ed_offload_p90_minutes": round(8 + load * 8),
        "ed_arrival_to_triage_minutes": round(2 + load * 3),
        "ed_left_unseen_day": round(arrivals * 24 * 0.02 * load),
        "ed_arrivals_day": arrivals * 24,
        "ed_over_4h": boarding + round(patients * 0.05),
        "ed_urgent_wait_minutes": round(10 + load * 18),
        "ed_boarding_over_2h": boarding // 2,
    }


def _in_hand(unit: Unit, last: Mapping[tuple[str, str, str], Last], now: datetime) -> bool:
    """Whether somebody counts there: what they have typed is not to be contradicted."""
    return any(
        each.source != SOURCE and now - each.at < HANDS_OFF
        for (facility, code, metric), each in last.items()
        if (facility, code) == (unit.facility, unit.code) and metric.startswith("ed_")
    )
