"""The beds of a hospital number by number: what each means, when and by whom it was said, how long it is good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities import actions as facility_actions
from app.facilities.models import SetUpNumber, Unit
from app.facilities.queries import class_ratios, setup_numbers, surge_spaces
from app.facilities.ratios import Ratio
from app.runtime import runtime, transact
from app.surge import spaces
from app.surge.capacity import UnitCapacity, house
from app.surge.metrics import METRICS, NURSES, OPENABLE
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import Errors, done, local_time, submitted, typed

LICENSED = (
    "Beds on the license of the hospital for this unit, standing there or not. 0: its places are no beds."
)
PHYSICAL = (
    "Beds that stand in the unit, with the room and the connections they need; staffed, in use, or not."
)
AVAILABLE = (
    "Beds that can take a patient now: the lesser of physical beds that are not blocked, and nurses on duty times "
    "the patients one nurse may have, less occupied beds. For each unit alone: nurses of one do not cover another."
)
NUMBERS = ("licensed_beds", "physical_beds", "staffed_beds", "patients_per_nurse")
LABELS = {
    "licensed_beds": "Licensed beds",
    "physical_beds": "Physical beds",
    "staffed_beds": "Usually staffed",
    "patients_per_nurse": "Patients for one nurse",
    "since": "Since",
    "reason": "Reason",
}


@dataclass(frozen=True)
class Cell:
    """One number as it is shown: `value` None is not known. `says`: where it comes from and how old it is."""

    label: str
    value: int | None
    definition: str
    source: str
    observed_at: datetime | None = None
    received_at: datetime | None = None
    max_age: timedelta | None = None
    fresh: bool = True
    note: str = ""
    lines: tuple[str, ...] = ()
    now: bool = False


@pages.route("/capacity/<code>/beds")
@requires(Permission.BOARD_VIEW)
def beds(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = house(db, facility.id, now)
        known = setup_numbers(db, facility.id)
        areas = surge_spaces(db, [facility.id])
        ratios = class_ratios(db, facility.id, now)
        return render_template(
            "surge/beds.html",
            **frame(db, facility, "Beds"),
            house=found,
            cells={each.unit.id: cells(each, known) for each in found.units},
            areas=areas,
            rooms={area.id: spaces.room(area, ratios[area.unit_class], now) for area in areas},
            openable={hours: spaces.openable(areas, hours, now) for hours in OPENABLE},
            hours=tuple(OPENABLE),
        )


@pages.route("/capacity/<code>/units/<uuid:unit_id>/beds")
@requires(Permission.FACILITY_EDIT)
def setup(code: str, unit_id: UUID) -> str:
    return _setup_page(code, unit_id)


@pages.route("/capacity/<code>/units/<uuid:unit_id>/beds", methods=["POST"])
@requires(Permission.FACILITY_EDIT)
def set_up(code: str, unit_id: UUID) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility = hospital(db, code)
        numbers = {name: whole(name) for name in NUMBERS[:3]}
        own = whole("patients_per_nurse") if typed("patients_per_nurse") else None
        said = transact(
            facility_actions.set_numbers,
            actor(),
            str(unit_id),
            **numbers,
            patients_per_nurse=own,
            since=local_time("since", facility.zone),
            reason=typed("reason"),
        )
        return done(f"Set up: {', '.join(said)}.", url_for("surge.beds", code=code))

    return submitted(act, lambda errors: _setup_page(code, unit_id, errors))


def _setup_page(code: str, unit_id: UUID, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        facility = hospital(db, code)
        unit = db.get(Unit, str(unit_id))
        if unit is None or unit.facility_id != facility.id:
            raise NotFound(f"There is no such unit at {facility.name}.")
        held = {name: "" if (value := getattr(unit, name)) is None else str(value) for name in NUMBERS}
        known = setup_numbers(db, facility.id)
        return render_template(
            "surge/setup.html",
            **frame(db, facility, f"Beds of {unit.name}"),
            unit=unit,
            known={name: known.get((unit.id, name)) for name in NUMBERS},
            data=request.form or held,
            errors=errors or {},
            labels=LABELS,
            meanings={"licensed_beds": LICENSED, "physical_beds": PHYSICAL},
        )


def whole(name: str) -> int:
    """A whole number as typed. Raises Invalid naming the field."""
    text = typed(name)
    if not text.isdecimal() or len(text) > 6:
        raise Invalid.field(name, "must be a whole number, 0 or more")
    return int(text)


def cells(mine: UnitCapacity, known: dict[tuple[str, str], SetUpNumber]) -> list[Cell]:
    """The numbers of one unit, in the order of a huddle."""
    unit = mine.unit
    found = [
        Cell(
            "Available now",
            mine.room.beds,
            AVAILABLE,
            mine.room.limit,
            mine.room_as_of,
            note="at most" if mine.room.at_most else "",
            lines=mine.room.made_of,
            now=True,
        ),
        _reading(mine, "occupied_beds", "Occupied"),
        _reading(mine, "staffed_beds", "Staffed"),
        _reading(mine, "blocked_beds", "Blocked", mine.causes),
        _reading(mine, NURSES, "Nurses", _ratio_words(mine.ratio)),
        _set_up("Physical", unit.physical_beds, PHYSICAL, known.get((unit.id, "physical_beds"))),
        _set_up("Licensed", unit.licensed_beds, LICENSED, known.get((unit.id, "licensed_beds"))),
    ]
    return found + [_reading(mine, metric, f"Openable {hours} h") for hours, metric in OPENABLE.items()]


def _ratio_words(ratio: Ratio) -> str:
    if ratio.patients is None:
        return ratio.words
    return f"{ratio.patients} patients for one nurse: {ratio.words}"


def _reading(mine: UnitCapacity, metric: str, label: str, note: str = "") -> Cell:
    definition, value = METRICS[metric], mine.values.get(metric)
    if value is None:
        return Cell(label, None, definition.definition, "", max_age=definition.max_age, lines=_lines(note))
    return Cell(
        label,
        value.value,
        definition.definition,
        value.source,
        value.observed_at,
        value.received_at,
        definition.max_age,
        value.fresh,
        lines=_lines(note),
    )


def _lines(note: str) -> tuple[str, ...]:
    return (note,) if note else ()


def _set_up(label: str, value: int, definition: str, known: SetUpNumber | None) -> Cell:
    if known is None:
        return Cell(label, value, definition, "set up; since when is not recorded")
    return Cell(
        label,
        value,
        definition,
        f"set up by {known.set_by}",
        known.since,
        known.set_at,
        lines=(known.reason,),
    )
