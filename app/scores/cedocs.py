"""CEDOCS: the scale for community emergency departments (Weiss 2014).

Two published sets of weights. The cubic terms are a restricted spline over yearly visits: in the paper's set
they sum to zero, which settles signs that are misprinted elsewhere. The boarding time is in hours.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.scores.nedocs import shown_on_scale
from app.scores.score import Calculator, Input, Reason, Score, Values, cannot, shown

KNOTS = (18_811, 43_012, 49_466, 67_273)
FEWEST_VISITS = 18_000


@dataclass(frozen=True)
class Weights:
    base: float
    critical: float
    boarding: float
    waiting: float
    occupancy: float
    visits: float
    spline: tuple[float, float, float, float]
    """Per visit cubed, times 1e-12."""


WEIGHTS = {
    "paper": Weights(-30.39, 3, 0.53, 1.16, 20.66, 0.00126, (-1.11, 8.23, -8.20, 1.08)),
    "mdcalc": Weights(-29.53, 3.14, 0.52, 1.14, 20.55, 0.00124, (-1.09, 8.18, -8.18, 1.08)),
}


def spline(visits: float, weights: Weights) -> float:
    return sum(a * 1e-12 * max(visits - knot, 0) ** 3 for a, knot in zip(weights.spline, KNOTS, strict=True))


def compute(values: Values) -> Score:
    if values["ed_beds"] == 0:
        return cannot("cedocs", "ed_beds", 0, "ED treatment spaces are 0: nothing can be divided by them.")
    by = WEIGHTS[values["coefficients"]]
    visits = values["annual_visits"]
    parts = [
        Reason(f"The scale begins at {by.base}", "coefficients", values["coefficients"], by.base),
        _times(values, "critical_care", "critical care patients", by.critical),
        _times(values, "longest_admit_hours", "hours the longest-boarding patient has waited", by.boarding),
        _times(values, "waiting_room", "patients in the waiting room", by.waiting),
        Reason(
            f"{values['ed_patients']} ED patients in {values['ed_beds']} spaces, times {by.occupancy}",
            "ed_patients",
            values["ed_patients"],
            by.occupancy * values["ed_patients"] / values["ed_beds"],
        ),
        Reason(
            f"{visits} visits a year: times {by.visits}, and the spline",
            "annual_visits",
            visits,
            by.visits * visits + spline(visits, by),
        ),
    ]
    raw = sum(part.adds or 0 for part in parts)
    score, band = shown_on_scale(2 * min(max(raw, 0), 100))
    parts.append(Reason("Doubled, to line up with the bands of NEDOCS"))
    if visits < FEWEST_VISITS:
        parts.append(Reason(f"Found valid only from {FEWEST_VISITS} visits a year", "annual_visits", visits))
    return Score("cedocs", raw, score, band, reasons=tuple(parts))


def _times(values: Values, field: str, what: str, weight: float) -> Reason:
    return Reason(
        f"{shown(values[field])} {what}, times {weight}", field, values[field], weight * values[field]
    )


CALCULATOR = Calculator(
    "cedocs",
    "CEDOCS",
    "Crowding of a community emergency department, shown on the scale of NEDOCS (0 to 200).",
    "Weiss et al. 2014; signs of the spline settled by its sum.",
    (
        Input("critical_care", "Critical care patients", "Critical care patients in the ED."),
        Input(
            "longest_admit_hours",
            "Longest boarding time",
            "How long the longest-boarding admitted patient has waited, in hours, not minutes.",
            "hours",
            "number",
            high=1000,
        ),
        Input("waiting_room", "Patients in the waiting room", "Registered and not yet in a treatment space."),
        Input("ed_patients", "ED patients", "Everybody in the ED, waiting room and hallways included."),
        Input("ed_beds", "ED treatment spaces", "Staffed and in use."),
        Input("annual_visits", "ED visits a year", "Visits in the last full year.", high=1_000_000),
        Input(
            "coefficients",
            "Weights",
            "The paper's manuscript, or the set that MDCalc uses.",
            kind="choice",
            choices=("paper", "mdcalc"),
            default="paper",
            optional=True,
        ),
    ),
    compute,
)
