"""One unit, to count it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.runtime import runtime, transact
from app.surge import actions
from app.surge.actions import Given
from app.surge.capacity import house
from app.surge.metrics import METRICS, metrics_of
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import Errors, done, local_time, submitted, typed

SOURCE = "entered by hand"


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
        return done(message, url_for("surge.show", code=code), warning=" ".join(entered.warnings))

    return submitted(act, lambda errors: _unit_page(code, unit_id, errors))


def _unit_page(code: str, unit_id: UUID, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = _unit(db.get(Unit, str(unit_id)), facility)
        mine = next(each for each in house(db, facility.id, now).units if each.unit.id == found.id)
        return render_template(
            "surge/unit.html",
            **frame(db, facility, found.name),
            unit=found,
            mine=mine,
            asked=[METRICS[slug] for slug in metrics_of(found.unit_class)],
            data=request.form,
            errors=errors or {},
            labels={metric.slug: metric.label for metric in METRICS.values()},
        )


def _unit(found: Unit | None, facility: Facility) -> Unit:
    if found is None or found.facility_id != facility.id:
        raise NotFound(f"There is no such unit at {facility.name}.")
    return found


def _typed_readings(facility: Facility, unit: Unit) -> list[Given]:
    """What was typed; an empty field is no reading. Raises Invalid naming the field."""
    observed_at = local_time("observed_at", facility.zone) or runtime().clock.now()
    readings = []
    for slug in metrics_of(unit.unit_class):
        text = typed(slug)
        if not text:
            continue
        if not text.isdecimal() or len(text) > 6:
            raise Invalid.field(slug, f"{text!r} is no count; allowed are whole numbers, 0 or more")
        readings.append(Given(facility.code, unit.code, slug, int(text), observed_at, SOURCE))
    if not readings:
        raise Invalid.field("occupied_beds", "enter at least one number; what stays empty is not changed")
    return readings


def _refused(readings: list[Given], refused: list[actions.Refused]) -> Invalid:
    errors: Errors = {}
    for each in refused:
        for name, messages in each.errors.items():
            field = readings[each.index].metric if name in ("value", "metric") else name
            errors[field] = messages
    return Invalid("; ".join(f"{n}: {' '.join(m)}" for n, m in errors.items()), errors)
