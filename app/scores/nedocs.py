"""NEDOCS: National ED Overcrowding Scale (Weiss 2004).

The ventilator weight is 13.4, as in most places; some code has 13.3. Boarders are divided by hospital beds,
not by ED beds; the weights of ventilators and of the longest wait are easily swapped. The raw number is kept:
on a disaster day it goes on rising when the scale has ended at 200.
"""

from __future__ import annotations

from app.scores.score import Calculator, Input, Reason, Score, Values, band_of, cannot, half_up, shown

BANDS = (
    (20, "Not busy"),
    (60, "Busy"),
    (100, "Extremely busy but not overcrowded"),
    (140, "Overcrowded"),
    (180, "Severely overcrowded"),
    (float("inf"), "Dangerously overcrowded"),
)


def shown_on_scale(raw: float) -> tuple[float, str]:
    """From 0 to 200, rounded half up and then banded: 20.755 is 21 and Busy."""
    score = min(max(half_up(raw), 0), 200)
    return score, band_of(score, BANDS)


def compute(values: Values) -> Score:
    for field, what in (("ed_beds", "ED treatment spaces"), ("hospital_beds", "Hospital beds")):
        if values[field] == 0:
            return cannot("nedocs", field, 0, f"{what} are 0: nothing can be divided by them.")
    beds, hospital = values["ed_beds"], values["hospital_beds"]
    patients, boarders = values["ed_patients"], values["admits_in_ed"]
    parts = (
        Reason("The scale begins at -20", adds=-20.0),
        Reason(
            f"{patients} ED patients in {beds} treatment spaces, times 85.8",
            "ed_patients",
            patients,
            85.8 * patients / beds,
        ),
        Reason(
            f"{boarders} admitted patients in the ED to {hospital} hospital beds, times 600",
            "admits_in_ed",
            boarders,
            600 * boarders / hospital,
        ),
        _times(values, "ventilated", "ventilated ED patients", 13.4),
        _times(values, "longest_admit_hours", "hours the longest-boarding patient has waited", 0.93),
        _times(values, "last_bed_wait_hours", "hours the patient bedded last had waited", 5.64),
    )
    raw = sum(part.adds or 0 for part in parts)
    score, band = shown_on_scale(raw)
    return Score("nedocs", raw, score, band, reasons=parts)


def _times(values: Values, field: str, what: str, weight: float) -> Reason:
    return Reason(
        f"{shown(values[field])} {what}, times {weight}", field, values[field], weight * values[field]
    )


CALCULATOR = Calculator(
    "nedocs",
    "NEDOCS",
    "How crowded the emergency department is, from 0 to 200.",
    "Weiss et al. 2004. Found valid in academic departments; small ones rarely cross its lines.",
    (
        Input("ed_patients", "ED patients", "Everybody in the ED, waiting room and hallways included."),
        Input(
            "ed_beds",
            "ED treatment spaces",
            "Staffed and in use, hallway stretchers and fast-track chairs too.",
        ),
        Input(
            "admits_in_ed",
            "Admitted patients in the ED",
            "Still in the ED; not those moved to a holding area.",
        ),
        Input("hospital_beds", "Hospital beds", "All inpatient beds of the hospital, without ED beds."),
        Input("ventilated", "Ventilated ED patients", "ED patients on a ventilator."),
        Input(
            "longest_admit_hours",
            "Longest boarding time",
            "How long the longest-boarding admitted patient has waited.",
            "hours",
            "number",
            high=1000,
        ),
        Input(
            "last_bed_wait_hours",
            "Last wait for a bed",
            "How long the patient most recently taken to a bed had waited in the waiting room.",
            "hours",
            "number",
            high=1000,
        ),
    ),
    compute,
)
