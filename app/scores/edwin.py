"""EDWIN: Emergency Department Work Index (Bernstein 2003). Triage weights run against ESI: ESI 1 weighs 5."""

from __future__ import annotations

from app.scores.score import Calculator, Input, Reason, Score, Values, cannot, half_up


def band_of(score: float) -> str:
    """Below 1.5 manageable, 1.5 to 2 busy, above 2 crowded."""
    return "Manageable" if score < 1.5 else "Busy" if score <= 2 else "Crowded"


def compute(values: Values) -> Score:
    if values["attendings"] == 0:
        return cannot("edwin", "attendings", 0, "No attending is on duty: nothing can be divided by that.")
    free = values["treatment_bays"] - values["boarders"]
    if free <= 0:
        return cannot(
            "edwin", "boarders", values["boarders"], "Boarders fill every bay: the index has no value."
        )
    reasons = [
        Reason(f"{values[f'esi_{n}']} patients of ESI {n}, weight {6 - n}", f"esi_{n}", values[f"esi_{n}"])
        for n in range(1, 6)
    ]
    work = sum(values[f"esi_{n}"] * (6 - n) for n in range(1, 6))
    raw = work / (values["attendings"] * free)
    reasons.append(
        Reason(
            f"Work {work}, by {values['attendings']} attendings times {free} bays without a boarder",
            "attendings",
        )
    )
    score = half_up(raw, 2)
    return Score("edwin", raw, score, band_of(score), reasons=tuple(reasons))


CALCULATOR = Calculator(
    "edwin",
    "EDWIN",
    "Work in the emergency department for each attending and free bay.",
    "Bernstein et al. 2003.",
    (
        *(
            Input(f"esi_{n}", f"ESI {n} patients", f"Patients now in the ED with triage level ESI {n}.")
            for n in range(1, 6)
        ),
        Input("attendings", "Attendings on duty", "Attending physicians on duty in the ED."),
        Input("treatment_bays", "Treatment bays", "Treatment bays of the ED."),
        Input("boarders", "Boarders", "Admitted patients who hold a treatment bay."),
    ),
    compute,
)
