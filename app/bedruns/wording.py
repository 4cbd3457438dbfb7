"""Steps, classes and ways in plain words, and a run's journal entries as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.bedruns import events, rules

Data = Mapping[str, Any]

STEPS = {
    rules.IDENTIFIED: "Identify",
    rules.FREED: "Off-load",
    rules.CLEANED: "Clean",
    rules.STAFFED: "Staff",
}
GUIDE = {
    rules.IDENTIFIED: "Go through the patients of the unit with the nurse and the physician in charge. Count by class "
    "those who could go. Numbers only, no names.",
    rules.FREED: "Discharge, transfer, or put off a planned admission that the bed was kept for. Count a bed when it "
    "is empty. A bed that was empty at the start is not freed by the run.",
    rules.CLEANED: "Count a freed bed when it is clean and made.",
    rules.STAFFED: "Count a freed bed when the nurse for it is named, from the people on duty. Beds opened beyond "
    "those staffed at the start do not count.",
}
KINDS = {
    **{
        kind: f"Class {number}: risk up to {most} %"
        for number, (kind, most) in enumerate(zip(rules.RISK_KINDS, rules.RISKS, strict=True), start=1)
    },
    "discharge": "Discharged",
    "transfer": "Transferred",
    "deferred": "Planned admission put off",
}
DONE = {rules.IDENTIFIED: "can go", rules.FREED: "freed", rules.CLEANED: "cleaned", rules.STAFFED: "staffed"}
KELEN = (
    "Reverse triage after Kelen and others: five classes by the risk that a patient who goes home would come to "
    "serious harm, with upper limits of 4, 12, 33, 60 and 100 %. The lowest classes go first. In their study 44 % of "
    "3,491 inpatients needed none of 28 critical interventions for four days; most of the space came in 24 to 48 "
    "hours, not in four."
)
STATES = {
    "open": "under way",
    "reached": "target reached",
    "over": "over after four hours",
    "stopped": "stopped",
}


def counted(step: str, kind: str, change: int, unit: str, undoes: str = "") -> str:
    """Four West: 1 more freed, discharged."""
    how = f", {KINDS[kind][0].lower()}{KINDS[kind][1:]}" if kind else ""
    words = f"{unit}: {abs(change)} {'more' if change > 0 else 'fewer'} {DONE[step]}{how}"
    return f"{words} (taken back)" if undoes else words


def _exercise(data: Data) -> str:
    return "Exercise: bed" if data["exercise"] else "Bed"


def _started(data: Data) -> str:
    return (
        f"{_exercise(data)} run started: {data['target']} of {data['staffed_beds']} staffed beds "
        f"({data['percent']} %) within four hours. {data['reason']}"
    )


def _counted(data: Data) -> str:
    return counted(data["step"], data["kind_of"], data["change"], data["unit"], data["undoes"])


def _ended(data: Data) -> str:
    words = f"{_exercise(data)} run {STATES[data['state']]}: {data['counted']} of {data['target']} beds count"
    return f"{words}. {data['reason']}" if data["reason"] else words


SENTENCES = {
    events.BedRunStarted.kind: _started,
    events.BedsCounted.kind: _counted,
    events.BedRunEnded.kind: _ended,
}
IN_HISTORY = (events.BedRunStarted.kind, events.BedRunEnded.kind)
