"""One unit, to count it."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.facilities.queries import units
from app.facilities.unit_classes import WHOLE_HOSPITAL
from app.runtime import runtime, transact
from app.surge import actions, history
from app.surge.actions import Given
from app.surge.available import doubts
from app.surge.capacity import UnitCapacity, house
from app.surge.houseview import line
from app.surge.metrics import BEDS, METRICS, NURSES, Metric, metrics_of
from app.surge.models import LatestReading
from app.surge.pages.frame import frame, hospital, pages
from app.surge.trends import trends, window
from app.web import qr
from app.web.forms import Errors, done, local_time, submitted, typed

SOURCE = "entered by hand"
ASKED_FIRST = (*BEDS, NURSES)


@pages.route("/u/<code>/<unit_code>")
@requires(Permission.READING_ENTER)
def short(code: str, unit_code: str) -> Any:
    """What stands on the sign in the unit: short enough to type."""
    with runtime().db.read() as db:
        facility = hospital(db, code)
        query = sa.select(Unit).where(Unit.facility_id == facility.id, Unit.code == unit_code)
        found = _unit(db.scalar(query), facility)
    return redirect(url_for("surge.unit", code=facility.code, unit_id=found.id))


@pages.route("/capacity/<code>/signs")
@requires(Permission.READING_ENTER)
def signs(code: str) -> str:
    """To print and to hang up: whoever points a phone at one counts that unit."""
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = [unit for unit in units(db, facility.id) if unit.unit_class != WHOLE_HOSPITAL]
        address = {unit.id: _address(facility, unit) for unit in found}
        return render_template(
            "surge/signs.html",
            **frame(db, facility, "Signs for units"),
            units=found,
            address=address,
            drawn={unit_id: _drawn(url) for unit_id, url in address.items()},
        )


@pages.route("/capacity/<code>/units/<uuid:unit_id>")
@requires(Permission.READING_ENTER)
def unit(code: str, unit_id: UUID) -> str:
    return _unit_page(code, unit_id)


@pages.route("/capacity/<code>/units/<uuid:unit_id>", methods=["POST"])
@requires(Permission.READING_ENTER)
def enter(code: str, unit_id: UUID) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility = hospital(db, code)
            found = _unit(db.get(Unit, str(unit_id)), facility)
        readings = _typed_readings(facility, found)
        entered = transact(actions.enter, actor(), readings=readings)
        if entered.refused:
            raise _refused(readings, entered.refused)
        message = f"{found.name}: {len(readings)} {'number' if len(readings) == 1 else 'numbers'} saved."
        here = url_for("surge.unit", code=code, unit_id=unit_id)
        return done(message, here, warning=" ".join([*entered.warnings, *_doubts(found)]))

    return submitted(act, lambda errors: _unit_page(code, unit_id, errors))


def _unit_page(code: str, unit_id: UUID, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = _unit(db.get(Unit, str(unit_id)), facility)
        mine = next(each for each in house(db, facility.id, now).units if each.unit.id == found.id)
        flags = history.levels_set(db, [facility.id], window(now).begins).get(facility.id, [])
        return render_template(
            "surge/unit.html",
            **frame(db, facility, found.name),
            unit=found,
            mine=mine,
            groups=_groups(mine),
            course=line(mine, trends(db, [found], now), ZoneInfo(facility.zone), flags),
            data=request.form,
            errors=errors or {},
            labels={metric.slug: metric.label for metric in METRICS.values()},
        )


def _address(facility: Facility, unit: Unit) -> str:
    path = url_for("surge.short", code=facility.code, unit_code=unit.code)
    return f"{(runtime().settings.public_url or request.host_url).rstrip('/')}{path}"


def _drawn(url: str) -> tuple[str, int] | None:
    """None where the address is too long to be drawn; it can still be typed."""
    try:
        return qr.path(url)
    except ValueError:
        return None


def _groups(mine: UnitCapacity) -> list[tuple[str, list[Metric], bool]]:
    """What is due first; what was never counted here, and is not needed for what is available, folded away."""
    due, good, never = [], [], []
    for slug in metrics_of(mine.unit.unit_class):
        known = mine.values.get(slug)
        if known is None and slug not in ASKED_FIRST:
            never.append(METRICS[slug])
        elif known is None or not known.fresh:
            due.append(METRICS[slug])
        else:
            good.append(METRICS[slug])
    return [("Due now", due, False), ("Good for now", good, False), ("Not counted here so far", never, True)]


def _doubts(unit: Unit) -> list[str]:
    """What does not fit together now that it is saved."""
    with runtime().db.read() as db:
        now = runtime().clock.now()
        mine = next(each for each in house(db, unit.facility_id, now).units if each.unit.id == unit.id)
    return [f"{unit.name}: {said}." for said in doubts(mine.values)]


def _unit(found: Unit | None, facility: Facility) -> Unit:
    if found is None or found.facility_id != facility.id:
        raise NotFound(f"There is no such unit at {facility.name}.")
    return found


def _typed_readings(facility: Facility, unit: Unit) -> list[Given]:
    """What was typed; an empty field is no reading. Raises Invalid naming every field that cannot be read."""
    observed_at = local_time("observed_at", facility.zone) or runtime().clock.now()
    readings: list[Given] = []
    errors: Errors = {}
    pressed = _pressed(unit)
    for slug in metrics_of(unit.unit_class):
        text = pressed.get(slug, typed(slug))
        if not text:
            continue
        if not text.isdecimal() or len(text) > 6:
            errors[slug] = [f"{text!r} is no count; allowed are whole numbers, 0 or more"]
            continue
        readings.append(Given(facility.code, unit.code, slug, int(text), observed_at, SOURCE))
    if errors:
        raise Invalid("; ".join(f"{name}: {found[0]}" for name, found in errors.items()), errors)
    if not readings:
        raise Invalid.field("occupied_beds", "enter at least one number; what stays empty is not changed")
    return readings


def _pressed(unit: Unit) -> dict[str, str]:
    """The buttons − and + and "still the same" where no script has filled the field: by metric, the value meant."""
    metric, _, step = typed("step").partition(":")
    if typed("same"):
        metric, step = typed("same"), "0"
    if not metric or step not in ("-1", "0", "1"):
        return {}
    with runtime().db.read() as db:
        last = db.get(LatestReading, (unit.id, metric))
    if last is None and step != "1":
        return {}
    return {metric: str(max(0, (last.value if last else 0) + int(step)))}


def _refused(readings: list[Given], refused: list[actions.Refused]) -> Invalid:
    errors: Errors = {}
    for each in refused:
        for name, messages in each.errors.items():
            field = readings[each.index].metric if name in ("value", "metric") else name
            errors[field] = messages
    return Invalid("; ".join(f"{n}: {' '.join(m)}" for n, m in errors.items()), errors)
