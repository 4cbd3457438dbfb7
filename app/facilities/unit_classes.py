"""The kinds of unit a hospital has. How many patients a nurse may have in each: app.facilities.ratios."""

from types import MappingProxyType

WHOLE_HOSPITAL = "whole_hospital"
"""The class of the one made-up unit that holds what is known only for a whole hospital."""

CLASS_WORDS = MappingProxyType(
    {
        "icu": "Intensive care",
        "stepdown": "Step-down",
        "telemetry": "Telemetry",
        "med_surg": "Medical and surgical",
        "ed": "Emergency",
        "peds": "Pediatrics",
        "picu": "Pediatric intensive care",
        "nicu": "Newborn intensive care",
        "obstetrics": "Obstetrics",
        "psych": "Psychiatry",
        "rehab": "Rehabilitation",
        "perioperative": "Surgery and recovery",
        "observation": "Observation",
        WHOLE_HOSPITAL: "All inpatient, whole hospital",
    }
)
UNIT_CLASSES = tuple(name for name in CLASS_WORDS if name != WHOLE_HOSPITAL)
