"""The kinds of unit a hospital has, and how many patients one nurse may have in each.

Ratios: California Code of Regulations, Title 22, section 70217. It names none for rehabilitation and
observation: those take the medical/surgical and the emergency ratio, which is our choice.
A unit may have a stricter ratio of its own (active labor: 2).
"""

from types import MappingProxyType

PATIENTS_PER_NURSE = MappingProxyType(
    {
        "icu": 2,
        "stepdown": 3,
        "telemetry": 4,
        "med_surg": 5,
        "ed": 4,
        "peds": 4,
        "picu": 2,
        "nicu": 2,
        "obstetrics": 4,
        "psych": 6,
        "rehab": 5,
        "perioperative": 2,
        "observation": 4,
    }
)
UNIT_CLASSES = tuple(PATIENTS_PER_NURSE)
