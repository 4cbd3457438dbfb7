"""Nurses that the patients need, and beds that the nurses can staff: unit by unit, never pooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app.core.packs import PackError, read_toml
from app.scores.score import Calculator, Input, Reason, Score, Values

_PACK = Path(__file__).parent / "data" / "california_title_22.toml"


@dataclass(frozen=True)
class RatioSet:
    jurisdiction: str
    source: str
    effective_date: date
    waived: bool
    patients_per_nurse: Mapping[str, int]


@cache
def california() -> RatioSet:
    return read_ratios(_PACK)


def read_ratios(path: Path) -> RatioSet:
    """A ratio pack. Raises PackError naming file and field."""
    pack = read_toml(path)
    pack.only("jurisdiction", "source", "effective_date", "waived", "patients_per_nurse")
    try:
        effective = date.fromisoformat(pack.text("effective_date"))
    except ValueError:
        raise pack.error("effective_date", "must be a date such as 2008-03-14") from None
    waived, ratios = pack.values.get("waived"), pack.values.get("patients_per_nurse")
    if not isinstance(waived, bool):
        raise pack.error("waived", "must be true or false")
    if not isinstance(ratios, dict) or not ratios:
        raise pack.error("patients_per_nurse", "must be a table of unit kinds")
    for kind, ratio in ratios.items():
        if not isinstance(ratio, int) or isinstance(ratio, bool) or not 1 <= ratio <= 50:
            raise PackError(f"{path.name}: patients_per_nurse.{kind}: must be a whole number from 1 to 50")
    return RatioSet(pack.text("jurisdiction"), pack.text("source"), effective, waived, dict(ratios))


def nurses_for(census: int, ratio: int) -> int:
    """A nurse who is needed for part of a patient is a whole nurse."""
    return -(-census // ratio)


def staffed_available(physical: int, nurses: int, ratio: int, occupied: int) -> int:
    """Beds that can take a patient now; below 0 when the unit has more patients than it can care for."""
    return min(physical, nurses * ratio) - occupied


def need(values: Values) -> Score:
    ratios = california().patients_per_nurse
    total, reasons = 0, []
    for unit in values["units"]:
        ratio = ratios[unit["kind"]]
        nurses = nurses_for(unit["census"], ratio)
        total += nurses
        reasons.append(
            Reason(f"{unit['unit']}: {unit['census']} patients at 1:{ratio}", "units", unit["census"], nurses)
        )
    return Score("nurse_need", float(total), total, None, reasons=(*reasons, *_terms(values)))


def available(values: Values) -> Score:
    ratios = california().patients_per_nurse
    total, reasons = 0, []
    for unit in values["units"]:
        ratio = ratios[unit["kind"]]
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
        Reason(f"{pack.jurisdiction}, ratios in force on {pack.effective_date}; {pack.source}"),
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
