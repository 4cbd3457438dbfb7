"""The scores of one hospital as they stand now, and one page to enter what they are made of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.facilities.queries import units as units_of
from app.runtime import runtime, transact
from app.surge import actions
from app.surge.actions import Given
from app.surge.capacity import house
from app.surge.livescores import ed_occupancy, facts_of, nurse_need, scores_of, to_calculator, trend
from app.surge.measures import EMERGENCY
from app.surge.metrics import METRICS
from app.surge.pages.frame import frame, hospital, pages
from app.surge.score_metrics import GROUPS
from app.web.forms import Errors, done, local_time, submitted, typed

SOURCE = "entered by hand"
ASKED = (
    ("Patients and spaces", ("ed_patients", "staffed_beds", "ed_boarding")),
    *((title, tuple(row[0] for row in rows)) for title, rows in GROUPS),
)
OVERCROWDED = 100


@pages.route("/capacity/<code>/scores")
@requires(Permission.BOARD_VIEW)
def scores(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = scores_of(db, facility.id, now)
        need = nurse_need(list(house(db, facility.id, now).units))
        occupancy, said = ed_occupancy(db, facility.id, now)
        return render_template(
            "surge/scores.html",
            **frame(db, facility, "Scores"),
            scores=found,
            icmed=found["icmed"],
            occupancy=occupancy,
            occupied=said,
            trend=trend(db, facility.id, now),
            overcrowded=OVERCROWDED,
            need=need,
            nurses=sum(each.nurses or 0 for each in need),
            uncounted=[each.unit.unit.name for each in need if each.nurses is None],
            departments=_departments(db, facility),
            to_calculator=to_calculator,
            metrics=METRICS,
        )


@pages.route("/capacity/<code>/scores/<uuid:unit_id>")
@requires(Permission.READING_ENTER)
def score_inputs(code: str, unit_id: UUID) -> str:
    return _inputs_page(code, unit_id)


@pages.route("/capacity/<code>/scores/<uuid:unit_id>", methods=["POST"])
@requires(Permission.READING_ENTER)
def enter_inputs(code: str, unit_id: UUID) -> Any:
    """An empty field is no reading."""

    def act() -> Any:
        with runtime().db.read() as db:
            facility = hospital(db, code)
            unit = _department(db, facility, unit_id)
        given = _typed(facility, unit)
        entered = transact(actions.enter, actor(), readings=given)
        if entered.refused:
            raise _refused(given, entered.refused)
        message = f"{unit.name}: {len(given)} {'number' if len(given) == 1 else 'numbers'} saved."
        return done(message, url_for("surge.scores", code=code), warning=" ".join(entered.warnings))

    return submitted(act, lambda errors: _inputs_page(code, unit_id, errors))


def _inputs_page(code: str, unit_id: UUID, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        unit = _department(db, facility, unit_id)
        facts = facts_of(db, facility.id, now)
        shown = frame(db, facility, unit.name)
        shown["breadcrumb"].insert(1, {"label": "Scores", "url": url_for("surge.scores", code=code)})
        return render_template(
            "surge/score_inputs.html",
            **shown,
            unit=unit,
            groups=[(title, [METRICS[slug] for slug in slugs]) for title, slugs in ASKED],
            last={slug: facts(unit.id, slug) for _, slugs in ASKED for slug in slugs},
            data=request.form,
            errors=errors or {},
            labels={metric.slug: metric.label for metric in METRICS.values()} | {"observed_at": "When"},
        )


def _departments(db: Session, facility: Facility) -> list[Unit]:
    return [unit for unit in units_of(db, facility.id) if unit.unit_class == EMERGENCY]


def _department(db: Session, facility: Facility, unit_id: UUID) -> Unit:
    for unit in _departments(db, facility):
        if unit.id == str(unit_id):
            return unit
    raise NotFound(f"There is no such emergency department at {facility.name}.")


def _typed(facility: Facility, unit: Unit) -> list[Given]:
    observed_at = local_time("observed_at", facility.zone) or runtime().clock.now()
    given, errors = [], {}
    for slug in (slug for _, slugs in ASKED for slug in slugs):
        text = typed(slug)
        if not text:
            continue
        if not text.isdecimal() or len(text) > 6:
            errors[slug] = [f"{text!r} is no count; allowed are whole numbers, 0 or more"]
            continue
        given.append(Given(facility.code, unit.code, slug, int(text), observed_at, SOURCE))
    if errors:
        raise Invalid("; ".join(f"{name}: {said[0]}" for name, said in errors.items()), errors)
    if not given:
        raise Invalid.field("ed_patients", "enter at least one number; what stays empty is not changed")
    return given


def _refused(given: list[Given], refused: list[actions.Refused]) -> Invalid:
    errors: Errors = {}
    for each in refused:
        for name, messages in each.errors.items():
            errors[given[each.index].metric if name in ("value", "metric") else name] = messages
    return Invalid("; ".join(f"{name}: {' '.join(said)}" for name, said in errors.items()), errors)
