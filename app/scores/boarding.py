"""ED boarding hours: how long admitted patients now in the ED have waited since the decision to admit."""

from __future__ import annotations

from app.scores.score import Calculator, Input, Reason, Score, Values, half_up, shown


def compute(values: Values) -> Score:
    waits = [hours for hours in values["waits_hours"] if hours is not None]
    unknown = len(values["waits_hours"]) - len(waits)
    if unknown and not waits:
        return Score("boarding_hours", reasons=(Reason("No boarder's wait is known.", "waits_hours"),))
    raw = float(sum(waits))
    reasons = [Reason(f"{len(waits)} boarders", "waits_hours", len(waits), raw)]
    if waits:
        reasons.append(
            Reason(f"Longest {shown(max(waits))} h, mean {shown(raw / len(waits))} h", "waits_hours")
        )
    if unknown:
        reasons.append(
            Reason(f"{unknown} more whose wait is not known: there are more hours than these.", "waits_hours")
        )
    return Score("boarding_hours", raw, half_up(raw, 1), None, unknown > 0, tuple(reasons))


CALCULATOR = Calculator(
    "boarding_hours",
    "ED boarding hours",
    "All the hours that patients now boarding in the ED have waited.",
    "A sum; shown beside NEDOCS and occupancy.",
    (
        Input(
            "waits_hours",
            "Hours since the decision to admit",
            "One number for each admitted patient in the ED.",
            "hours",
            "series",
            high=1000,
        ),
    ),
    compute,
)
