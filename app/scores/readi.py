"""READI: Real-time Emergency Analysis of Demand Indicators (Reeder and Garrison 2001).

Acuity is on a four-level scale on which 4 is sickest. It agreed poorly with what staff felt.
"""

from __future__ import annotations

from app.scores.score import Calculator, Input, Reason, Score, Values, cannot, half_up, shown

HIGH_DEMAND = 7.0


def compute(values: Values) -> Score:
    for field, what in (
        ("treatment_spaces", "Treatment spaces"),
        ("provider_rate", "Patients seen per hour"),
    ):
        if values[field] == 0:
            return cannot("readi", field, 0, f"{what} is 0: nothing can be divided by it.")
    graded = sum(values[f"acuity_{n}"] for n in range(1, 5))
    if graded == 0:
        return cannot("readi", "acuity_1", 0, "No patient has an acuity: there is no mean.")
    coming = values["patients"] + values["predicted_arrivals"] - values["predicted_departures"]
    bed = coming / values["treatment_spaces"]
    acuity = sum(n * values[f"acuity_{n}"] for n in range(1, 5)) / graded
    provider = values["arrivals_per_hour"] / values["provider_rate"]
    raw = (bed + provider) * acuity
    score = half_up(raw, 2)
    reasons = (
        Reason(f"Bed ratio {shown(bed)}: {'overcrowded' if bed > 1 else 'enough spaces'}", "patients", bed),
        Reason(f"Acuity ratio {shown(acuity)}: mean of {graded} patients, 4 is sickest", "acuity_4", acuity),
        Reason(
            f"Provider ratio {shown(provider)}: {'understaffed' if provider > 1.5 else 'enough providers'}",
            "arrivals_per_hour",
            provider,
        ),
    )
    band = "Look at the ratios" if score > HIGH_DEMAND else "Demand is met"
    return Score("readi", raw, score, band, reasons=reasons)


CALCULATOR = Calculator(
    "readi",
    "READI",
    "Demand on the ED: (bed ratio + provider ratio) times acuity; above 7, look at the ratios.",
    "Reeder and Garrison 2001. Agreed poorly with what staff felt.",
    (
        Input("patients", "ED patients", "Patients now in the ED."),
        Input(
            "predicted_arrivals", "Arrivals in the next hour", "Patients expected to arrive.", kind="number"
        ),
        Input(
            "predicted_departures",
            "Departures in the next hour",
            "Patients expected to leave.",
            kind="number",
        ),
        Input("treatment_spaces", "Treatment spaces", "Treatment spaces of the ED."),
        *(
            Input(f"acuity_{n}", f"Acuity {n} patients", f"Patients of acuity {n}; 4 is sickest.")
            for n in range(1, 5)
        ),
        Input(
            "arrivals_per_hour", "Arrivals per hour", "Patients who arrived in the last hour.", kind="number"
        ),
        Input(
            "provider_rate",
            "Patients seen per hour",
            "Patients that the providers on duty see in an hour, all together.",
            kind="number",
        ),
    ),
    compute,
)
