"""The kinds of unit a hospital has. How many patients a nurse may have in each: app.facilities.ratios."""

UNIT_CLASSES = (
    "icu",
    "stepdown",
    "telemetry",
    "med_surg",
    "ed",
    "peds",
    "picu",
    "nicu",
    "obstetrics",
    "psych",
    "rehab",
    "perioperative",
    "observation",
)
