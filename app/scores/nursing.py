"""Nurses that the patients need, and beds that the nurses can staff: unit by unit, never pooled."""

from __future__ import annotations

from app.facilities import ratios
from app.facilities.ratios import RatioSet
from app.scores.score import Calculator, Input, Reason, Score, Values


def california() -> RatioSet:
    """The newest text of the set that these calculators use."""
    return ratios.sets()["california_title_22"]


def nurses_for(census: int, ratio: int) -> int:
    """A nurse who is needed for part of a patient is a whole nurse."""
    return -(-census // ratio)


def staffed_available(physical: int, nurses: int, ratio: int, occupied: int) -> int:
    """Beds that can take a patient now; below 0 when the unit has more patients than it can care for."""
    return min(physical, nurses * ratio) - occupied


def need(values: Values) -> Score:
    allowed = california().patients_per_nurse
    total, reasons = 0, []
    for unit in values["units"]:
        ratio = allowed[unit["kind"]]
        nurses = nurses_for(unit["census"], ratio)
        total += nurses
        reasons.append(
            Reason(f"{unit['unit']}: {unit['census']} patients at 1:{ratio}", "units", unit["census"], nurses)
        )
    return Score("nurse_need", float(total), total, None, reasons=(*reasons, *_terms(values)))


def available(values: Values) -> Score:
    allowed = california().patients_per_nurse
    total, reasons = 0, []
    for unit in values["units"]:
        ratio = allowed[unit["kind"]]
        beds = staffed_available(unit["physical_beds"], unit["nurses"], ratio, unit["occupied"])
        total += max(beds, 0)
        text = (
            f"{unit['unit']}: {unit['physical_beds']} beds, {unit['nurses']} nurses at 1:{ratio}: "
            f"the lesser, less {unit['occupied']} patients"
        )
        if beds < 0:
            text += f": {-beds} patients more than it can care for"
        reasons.append(Reason(text, "units", beds, float(max(beds, 0))))
    return Score("staffed_available", float(total), total, None, reasons=(*reasons, *_terms(values)))


def _terms(values: Values) -> list[Reason]:
    pack = california()
    terms = [
        Reason(f"{pack.jurisdiction}, ratios in force on {pack.effective_from}; {pack.source}"),
        Reason("Added unit by unit: nurses of one unit do not cover part of another."),
    ]
    if any(unit["kind"] == "ed" for unit in values["units"]):
        terms.append(Reason("The triage nurse of the ED comes on top and is not counted."))
    if values["waived"] or pack.waived:
        terms.append(Reason("The ratios are waived: this is what they would ask for.", "waived", True))
    return terms


def _units(*columns: Input) -> Input:
    kinds = tuple(california().patients_per_nurse)
    unit = Input("unit", "Unit", "What the unit is called.", kind="choice")
    kind = Input("kind", "Kind", "The kind of unit in the regulation.", kind="choice", choices=kinds)
    return Input("units", "Units", "One line for each unit.", kind="units", columns=(unit, kind, *columns))


_WAIVED = Input(
    "waived",
    "Ratios waived",
    "The state has waived the ratios for this hospital.",
    kind="flag",
    optional=True,
    default=False,
)
NEED = Calculator(
    "nurse_need",
    "Nurses needed",
    "Nurses that the ratios ask for, for the patients now in each unit.",
    "California Title 22, section 70217.",
    (_units(Input("census", "Patients", "Patients in the unit now.")), _WAIVED),
    need,
)
AVAILABLE = Calculator(
    "staffed_available",
    "Staffed beds available",
    "Beds that could take a patient now: there, and with a nurse.",
    "California Title 22, section 70217.",
    (
        _units(
            Input("physical_beds", "Beds", "Beds physically available."),
            Input("nurses", "Nurses", "Nurses giving direct care in the unit now."),
            Input("occupied", "Patients", "Patients in the unit now."),
        ),
        _WAIVED,
    ),
    available,
)
