"""What the crowding scores of the emergency department are made of, as kinds of readings.

Readings are whole numbers, so that waits are in minutes, rounded up: a wait of 15 minutes and a half is over 15.
A share is two counts. Each row is the slug, label, definition, unit and maximum age of an app.surge.metrics.Metric.
"""

from __future__ import annotations

from datetime import timedelta

Row = tuple[str, str, str, str, timedelta]

SOON, ROUND = timedelta(minutes=30), timedelta(hours=2)
SHIFT, YEAR = timedelta(hours=13), timedelta(days=400)

CROWDING: tuple[Row, ...] = (
    ("ed_waiting_room", "Patients in the waiting room", "Registered and not yet in a treatment space.",
     "patients", SOON),
    ("ed_ventilated", "Ventilated patients in the emergency department",
     "Patients on a ventilator there; not everybody who has a nurse alone.", "patients", SOON),
    ("ed_critical_care", "Critical care patients in the emergency department",
     "Patients there who need critical care, wherever they lie.", "patients", SOON),
    ("ed_longest_boarding_minutes", "Longest boarding time",
     "Minutes since the decision to admit, of the admitted patient who has waited longest.", "minutes", SOON),
    ("ed_boarding_minutes", "Boarding time, all together",
     "Minutes since the decision to admit, added up over every admitted patient still there.", "minutes", SOON),
    ("ed_last_bed_wait_minutes", "Last wait for a bed",
     "Minutes that the patient most recently taken to a bed had spent in the waiting room.", "minutes", SOON),
    ("ed_visits_year", "Visits in a year", "Visits to the emergency department in the last full year.",
     "visits", YEAR),
)  # fmt: skip
WORK: tuple[Row, ...] = (
    *((f"ed_triage_{n}", f"Triage level {n}", f"Patients now there with triage level ESI {n}; 1 is the sickest.",
       "patients", SOON) for n in range(1, 6)),
    ("ed_attendings", "Attendings on duty", "Attending physicians on duty in the emergency department.",
     "people", SHIFT),
)  # fmt: skip
DEMAND: tuple[Row, ...] = (
    ("ed_arrivals_hour", "Arrivals in the last hour", "Patients who came in the last hour.", "patients", SOON),
    ("ed_expected_arrivals", "Arrivals expected", "Patients expected in the next hour.", "patients", ROUND),
    ("ed_expected_departures", "Departures expected", "Patients expected to leave within the next hour.",
     "patients", ROUND),
    ("ed_provider_rate", "Patients seen per hour",
     "Patients that the providers on duty see in an hour, all together.", "patients", SHIFT),
    *((f"ed_acuity_{n}", f"Acuity {n} of 4", f"Patients now there of acuity {n} on the scale on which 4 is sickest.",
       "patients", SOON) for n in range(1, 5)),
)  # fmt: skip
FLOW: tuple[Row, ...] = (
    ("ed_offload_p90_minutes", "Ambulance offload, 90th centile",
     "Minutes from arrival to handover within which nine of ten ambulances of the last four hours were done.",
     "minutes", ROUND),
    ("ed_arrival_to_triage_minutes", "Arrival to triage", "Minutes from arrival to the start of triage, now.",
     "minutes", SOON),
    ("ed_left_unseen_day", "Left without being seen", "Patients who left unseen in the last 24 hours.",
     "patients", SHIFT),
    ("ed_arrivals_day", "Arrivals in 24 hours", "Patients who came in the last 24 hours.", "patients", SHIFT),
    ("ed_over_4h", "Patients over 4 hours", "Patients there whose stay is over 4 hours.", "patients", SOON),
    ("ed_urgent_wait_minutes", "Longest urgent wait",
     "Minutes that a category 1 or 2 patient has waited for a physician, the longest of them; 0 when none waits.",
     "minutes", SOON),
    ("ed_boarding_over_2h", "Admitted over 2 hours ago",
     "Admitted patients still there whose decision to admit is over 2 hours old.", "patients", SOON),
)  # fmt: skip

GROUPS = (
    ("Crowding", CROWDING),
    ("Triage and attendings", WORK),
    ("Flow", FLOW),
    ("Demand in the next hour", DEMAND),
)
SCORE_INPUTS = tuple(row for _, rows in GROUPS for row in rows)
