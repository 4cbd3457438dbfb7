"""What the charge nurses say of the day ahead, for the morning huddle. Each line is the fields of a Metric."""

from __future__ import annotations

from datetime import timedelta

TODAY = timedelta(hours=16)

OUT, INTO, NEXT_SHIFT = "expected_discharges", "expected_admissions", "nurses_next_shift"
HUDDLE_METRICS = (
    (
        OUT,
        "Expected to leave today",
        "Patients whom the unit expects to send home, to another unit or elsewhere, from now until midnight.",
        "patients",
        TODAY,
    ),
    (
        INTO,
        "Expected to come today",
        "Patients whom the unit expects from now until midnight: planned, from the emergency department, "
        "from other units and from other hospitals.",
        "patients",
        TODAY,
    ),
    (
        NEXT_SHIFT,
        "Nurses for the next shift",
        "Nurses who will give direct care in the unit in the next shift, as the unit expects now.",
        "nurses",
        timedelta(hours=13),
    ),
)
EXPECTED = tuple(each[0] for each in HUDDLE_METRICS)
WITHOUT = ("ed", "perioperative", "whole_hospital")
"""Patients pass through these in hours: nobody says in the morning how many will come and go."""


def asked_of(unit_class: str) -> tuple[str, ...]:
    return () if unit_class in WITHOUT else EXPECTED
