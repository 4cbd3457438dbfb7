"""ICMED: International Crowding Measure in Emergency Departments. Eight measures; three violated is crowded.

An item that is not known is neither violated nor met: while the rest could still reach three, the answer is
provisional.
"""

from __future__ import annotations

from collections.abc import Callable

from app.scores.score import Calculator, Input, Reason, Score, Values

CROWDED_FROM = 3
Item = tuple[str, tuple[str, ...], Callable[..., bool]]

# What is said, the inputs it needs, and when it is violated. Shares are taken in whole numbers: 6 of 50
# patients are too many, 5 are not.
ITEMS: tuple[Item, ...] = (
    (
        "Ambulance offload, 90th centile, over 15 minutes",
        ("ambulance_offload_p90_minutes",),
        lambda m: m > 15,
    ),
    ("At least 5 % left without being seen", ("lwbs_percent",), lambda p: p >= 5),
    ("Over 5 minutes from arrival to triage", ("arrival_to_triage_minutes",), lambda m: m > 5),
    ("More patients than treatment spaces", ("ed_patients", "ed_beds"), lambda n, beds: n > beds),
    (
        "More than 10 % of patients over 4 hours in the ED",
        ("patients_over_4h", "ed_patients"),
        lambda late, n: late * 10 > n,
    ),
    (
        "A category 1 or 2 patient waits over 30 minutes for a physician",
        ("longest_urgent_wait_minutes",),
        lambda m: m > 30,
    ),
    (
        "Fewer than 90 % leave within 2 hours of the decision to admit",
        ("admitted_over_2h", "admitted_waiting"),
        lambda late, n: late * 10 > n,
    ),
    (
        "Boarders are more than 10 % of ED patients",
        ("boarders", "ed_patients"),
        lambda late, n: late * 10 > n,
    ),
)


def compute(values: Values) -> Score:
    reasons, violated, unknown = [], 0, 0
    for text, names, broken in ITEMS:
        given = [values[name] for name in names]
        if None in given:
            unknown += 1
            reasons.append(Reason(f"Not known: {text[0].lower()}{text[1:]}", names[0]))
            continue
        hit = broken(*given)
        violated += hit
        reasons.append(
            Reason(
                f"{'Violated' if hit else 'Met'}: {text[0].lower()}{text[1:]}", names[0], given[0], float(hit)
            )
        )
    if unknown == len(ITEMS):
        return Score("icmed", reasons=tuple(reasons))
    crowded = violated >= CROWDED_FROM
    open_question = not crowded and violated + unknown >= CROWDED_FROM
    band = "Crowded" if crowded else "Not crowded"
    return Score("icmed", float(violated), violated, band, open_question, tuple(reasons))


def _minutes(name: str, label: str, definition: str) -> Input:
    return Input(name, label, definition, "minutes", "number", optional=True)


def _count(name: str, label: str, definition: str) -> Input:
    return Input(name, label, definition, optional=True)


CALCULATOR = Calculator(
    "icmed",
    "ICMED",
    "Why the emergency department is crowded: which of eight measures are violated. Three is crowded.",
    "ICMED, eight items; the cut at three had sensitivity 91.2 % and specificity 100 %.",
    (
        _minutes("ambulance_offload_p90_minutes", "Ambulance offload, 90th centile", "Arrival to handover."),
        Input(
            "lwbs_percent",
            "Left without being seen",
            "Share of arrivals; hard to know live.",
            "%",
            "number",
            high=100,
            optional=True,
        ),
        _minutes("arrival_to_triage_minutes", "Arrival to triage", "From arrival to the start of triage."),
        _count("ed_patients", "ED patients", "Everybody in the ED, waiting room included."),
        _count("ed_beds", "ED treatment spaces", "Staffed and in use."),
        _count("patients_over_4h", "Patients over 4 hours", "ED patients whose stay is over 4 hours."),
        _minutes(
            "longest_urgent_wait_minutes",
            "Longest urgent wait",
            "A category 1 or 2 patient, for a physician.",
        ),
        _count("admitted_waiting", "Waiting to leave", "Patients with a decision to admit, still in the ED."),
        _count(
            "admitted_over_2h", "Waiting over 2 hours", "Of these, those whose decision is over 2 hours old."
        ),
        _count("boarders", "Boarders", "Admitted patients in the ED without a bed to go to."),
    ),
    compute,
)
