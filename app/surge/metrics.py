"""What is counted, what each number means, and how long it may be believed.

The ages are a choice of this program, not of a standard: staffing is good for a shift, beds for a huddle
round, the emergency department for half an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

HIGHEST_VALUE = 100_000


@dataclass(frozen=True)
class Metric:
    """One kind of reading. `unit` is what is counted; after `max_age` a reading is stale.

    A missing reading of any of these means that nobody has told us: it is never a zero.
    """

    slug: str
    label: str
    definition: str
    unit: str
    max_age: timedelta


_ALL = (
    Metric(
        "staffed_beds",
        "Staffed beds",
        "Beds of the unit that have the staff, space and equipment to take a patient now, in use or not.",
        "beds",
        timedelta(hours=13),
    ),
    Metric(
        "occupied_beds",
        "Occupied beds",
        "Patients in beds of the unit, those over the staffed number and in halls included.",
        "beds",
        timedelta(minutes=90),
    ),
    Metric(
        "blocked_beds",
        "Blocked beds",
        "Physical beds of the unit that cannot be used now: repair, cleaning, isolation.",
        "beds",
        timedelta(hours=4),
    ),
    Metric(
        "ed_patients",
        "Patients in the emergency department",
        "Everybody who is there: in treatment, in halls and in the waiting room.",
        "patients",
        timedelta(minutes=30),
    ),
    Metric(
        "ed_boarding",
        "Admitted patients waiting in the emergency department",
        "Patients with a decision to admit who are still in the emergency department, wherever they lie.",
        "patients",
        timedelta(minutes=30),
    ),
)
METRICS = {metric.slug: metric for metric in _ALL}
BEDS = ("staffed_beds", "occupied_beds", "blocked_beds")
EMERGENCY = ("ed_patients", "ed_boarding")


def metrics_of(unit_class: str) -> tuple[str, ...]:
    """The metrics that are asked of a unit of this class."""
    return (*BEDS, *EMERGENCY) if unit_class == "ed" else BEDS


def fresh(metric: str, observed_at: datetime, at: datetime) -> bool:
    return at - observed_at < METRICS[metric].max_age
