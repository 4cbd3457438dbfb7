"""What is counted, what each number means, and how long it may be believed.

The ages are a choice of this program, not of a standard: staffing is good for a shift, beds for a huddle
round, the emergency department for half an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.surge.huddle_metrics import HUDDLE_METRICS, asked_of
from app.surge.score_metrics import SCORE_INPUTS

HIGHEST_VALUE = 100_000
SHIFT, DAY = timedelta(hours=13), timedelta(hours=25)
BLOCKED_AGE, OPENABLE_AGE = timedelta(hours=4), timedelta(hours=13)


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
        "Physical beds of the unit that cannot be used now, for whatever cause.",
        "beds",
        BLOCKED_AGE,
    ),
    Metric(
        "blocked_maintenance",
        "Blocked for repair",
        "Of the blocked beds, those that wait for repair of the bed, the room or what it needs.",
        "beds",
        BLOCKED_AGE,
    ),
    Metric(
        "blocked_cleaning",
        "Blocked for cleaning",
        "Of the blocked beds, those that are being cleaned, wait for it, or are contaminated.",
        "beds",
        BLOCKED_AGE,
    ),
    Metric(
        "blocked_isolation",
        "Blocked for isolation",
        "Of the blocked beds, those left empty because of a patient in isolation in the same room.",
        "beds",
        BLOCKED_AGE,
    ),
    Metric(
        "blocked_staffing",
        "Blocked for want of staff",
        "Of the blocked beds, those closed by decision because nobody can look after a patient there. Beds that "
        "merely have no nurse now are not blocked: nurses on duty tell that.",
        "beds",
        BLOCKED_AGE,
    ),
    Metric(
        "blocked_other",
        "Blocked for another cause",
        "Of the blocked beds, those closed for any other cause, or for one that was not said.",
        "beds",
        BLOCKED_AGE,
    ),
    Metric(
        "nurses_on_duty",
        "Nurses on duty",
        "Nurses giving direct care in the unit now. Charge nurses and managers count only while they look after "
        "patients of their own; nurses on their break, in triage or floating elsewhere do not count.",
        "nurses",
        SHIFT,
    ),
    Metric(
        "openable_4h",
        "Beds that can be opened in 4 hours",
        "Beds of the unit not usable now that can be made ready and staffed within 4 hours. Surge spaces are "
        "counted apart.",
        "beds",
        OPENABLE_AGE,
    ),
    Metric(
        "openable_24h",
        "Beds that can be opened in 24 hours",
        "The same within 24 hours; those of the first 4 hours are among them.",
        "beds",
        OPENABLE_AGE,
    ),
    Metric(
        "openable_72h",
        "Beds that can be opened in 72 hours",
        "The same within 72 hours; those of the first 24 hours are among them.",
        "beds",
        OPENABLE_AGE,
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
    Metric(
        "ed_longest_wait",
        "Longest wait in the emergency department",
        "Whole hours since the patient who has waited longest to be seen came.",
        "hours",
        timedelta(minutes=30),
    ),
    Metric("ventilators", "Ventilators", "Ventilators that work, in use or not.", "ventilators", SHIFT),
    Metric(
        "ventilators_used", "Ventilators in use", "Ventilators a patient is on now.", "ventilators", SHIFT
    ),
    Metric("staff_rostered", "Staff rostered", "People on the roster of today.", "people", DAY),
    Metric(
        "staff_absent", "Staff absent", "Of the people on the roster, those ill or absent.", "people", DAY
    ),
    Metric("diverting", "On divert", "1 while ambulances are sent elsewhere, 0 while not.", "", SHIFT),
    Metric(
        "systems_down",
        "Systems down",
        "Utilities and computer systems that patients depend on and that have failed.",
        "systems",
        SHIFT,
    ),
    Metric(
        "shortages",
        "Shortages notified",
        "Items of which a supplier has said that they will run short.",
        "items",
        DAY,
    ),
    *(Metric(*each) for each in HUDDLE_METRICS),
)
METRICS = {metric.slug: metric for metric in (*_ALL, *(Metric(*row) for row in SCORE_INPUTS))}
BEDS = ("staffed_beds", "occupied_beds", "blocked_beds")
NURSES = "nurses_on_duty"
CAUSES = (
    "blocked_maintenance",
    "blocked_cleaning",
    "blocked_isolation",
    "blocked_staffing",
    "blocked_other",
)
CAUSE_OF_BED_STATUS = {
    "housekeeping": "blocked_cleaning",
    "contaminated": "blocked_cleaning",
    "isolated": "blocked_isolation",
    "closed": "blocked_other",
}
"""HL7 table 0116 (H, K, I, C) says that a bed is closed, but not why."""
OPENABLE = {4: "openable_4h", 24: "openable_24h", 72: "openable_72h"}
"""Reported openable beds by hours."""
EMERGENCY = ("ed_patients", "ed_boarding", "ed_longest_wait")
HOUSE = (
    "ventilators",
    "ventilators_used",
    "staff_rostered",
    "staff_absent",
    "diverting",
    "systems_down",
    "shortages",
)


def metrics_of(unit_class: str) -> tuple[str, ...]:
    """The metrics that are asked of a unit of this class, what matters most first."""
    if unit_class == "whole_hospital":
        return (*BEDS, *OPENABLE.values(), *HOUSE)
    emergency = EMERGENCY if unit_class == "ed" else ()
    beds = ("occupied_beds", NURSES, "blocked_beds", "staffed_beds", *emergency)
    return (*beds, *asked_of(unit_class), *OPENABLE.values(), *CAUSES)


def fresh(metric: str, observed_at: datetime, at: datetime) -> bool:
    return at - observed_at < METRICS[metric].max_age
