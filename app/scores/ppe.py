"""Burn rate of protective equipment and days left (CDC), with what was received in between.

Full boxes are counted at the start of each day, for up to 14 days. Without receipts a delivery would look
like negative use.
"""

from __future__ import annotations

from app.scores.score import Calculator, Input, Reason, Score, Values, cannot, half_up, shown

MOST_DAYS = 14


def compute(values: Values) -> Score:
    boxes, days = values["boxes"], len(values["boxes"]) - 1
    if days + 1 > MOST_DAYS:
        return cannot("ppe", "boxes", days + 1, f"At most {MOST_DAYS} days are averaged.")
    for field in ("receipts", "patients"):
        if values[field] is not None and len(values[field]) != days:
            count = len(values[field])
            why = f"{CALCULATOR.label(field)}: {count} numbers, expected one for each of {days} days."
            return cannot("ppe", field, count, why)
    received = values["receipts"] or [0] * days
    used: dict[int, float] = {}
    for day in range(days):
        if None not in (boxes[day], boxes[day + 1], received[day]):
            used[day] = boxes[day] - boxes[day + 1] + received[day]
            if used[day] < 0:
                why = (
                    f"Stock rose by {shown(-used[day])} on day {day + 1} more than was received: count again."
                )
                return cannot("ppe", "boxes", used[day], why)
    if not used:
        return cannot("ppe", "boxes", len(boxes), "At least two days in a row must be counted.")
    if boxes[-1] is None:
        return cannot("ppe", "boxes", None, "The last count is not known: there is no stock to divide.")
    return _days_left(values, boxes[-1], used)


def _days_left(values: Values, stock: float, used: dict[int, float]) -> Score:
    rate = sum(used.values()) / len(used)
    reasons = [
        Reason(f"{shown(stock)} boxes in stock", "boxes", stock),
        Reason(f"{shown(rate)} boxes used a day, over {len(used)} days", "boxes", rate),
    ]
    patients = values["patients"]
    if patients is not None:
        seen = [patients[day] for day in used if patients[day] is not None]
        whole = [used[day] for day in used if patients[day] is not None]
        if sum(seen) == 0:
            return cannot(
                "ppe", "patients", 0, "There were no patients on these days: use cannot be shared out."
            )
        each = sum(whole) / sum(seen)
        reasons.append(Reason(f"{shown(each)} boxes for each patient and day", "patients", each))
        if values["patients_now"] is not None:
            rate = each * values["patients_now"]
            text = f"{values['patients_now']} patients now: {shown(rate)} boxes a day"
            reasons.append(Reason(text, "patients_now", rate))
    if rate == 0:
        return Score("ppe", reasons=(*reasons, Reason("Nothing is used: the stock has no end.", "boxes")))
    raw = stock / rate
    return Score("ppe", raw, half_up(raw, 2), None, reasons=tuple(reasons))


CALCULATOR = Calculator(
    "ppe",
    "Protective equipment: days left",
    "Days until the stock of one item is used up, at the rate of the last days.",
    "CDC burn rate calculator, corrected for receipts.",
    (
        Input(
            "boxes",
            "Full boxes",
            "At the start of each day, 2 to 14 days, oldest first.",
            kind="series",
            high=1e7,
        ),
        Input(
            "receipts",
            "Boxes received",
            "Between one count and the next: one number fewer than counts.",
            kind="series",
            high=1e7,
            optional=True,
        ),
        Input(
            "patients",
            "Patients",
            "Patients on each day of use: one number fewer than counts.",
            kind="series",
            optional=True,
        ),
        Input("patients_now", "Patients expected", "Patients a day from now on.", optional=True),
    ),
    compute,
)
