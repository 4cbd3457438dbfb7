"""Declaring: one form, one look at what will happen, done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.incidents import actions, catalogue, queries
from app.incidents.models import ActivationLevel
from app.incidents.pages.frame import LABELS, board_url, pages
from app.runtime import runtime, transact
from app.web.forms import Errors, done, local_time, submitted, typed

LEVELS = (
    ("monitoring", "Monitoring", "Watching; the command centre is not open."),
    ("limited", "Limited", "A few positions; daily work goes on."),
    ("partial", "Partial", "The sections that are needed."),
    ("full", "Full", "The whole team; daily work stops where it must."),
)
KINDS = (
    ("real", "A real event", "Messages go out as they are."),
    ("exercise", "An exercise", "Every screen, message and record says EXERCISE, for good."),
)


@pages.route("/incidents/declare")
@requires(Permission.INCIDENT_DECLARE)
def declare() -> str:
    """`?guide=` and `?linked_to=` choose beforehand. Real or exercise is never chosen beforehand."""
    with runtime().db.read() as db:
        chosen = {name: request.args.get(name, "") for name in ("guide", "linked_to")}
        return _form(db, {"activation_level": "partial", **chosen})


@pages.route("/incidents/declare", methods=["POST"])
@requires(Permission.INCIDENT_DECLARE)
def declare_now() -> Any:
    with runtime().db.read() as db:
        places = _places(db)
        errors = _wrong(request.form, places)
        if errors or typed("step") == "change":
            shown = {} if typed("step") == "change" else errors
            return Response(_form(db, request.form, shown), 422 if shown else 200)
        place = next(p for p in places if p.code == typed("facility"))
        if typed("step") != "confirm":
            return submitted(lambda: _confirm(db, place), lambda wrong: _again(wrong))
    return submitted(lambda: _declare(place), lambda wrong: _again(wrong))


def _declare(place: Facility) -> Any:
    made = transact(
        actions.declare,
        actor(),
        guide=typed("guide"),
        facility_id=place.id,
        exercise=typed("exercise") == "exercise",
        activation_level=typed("activation_level"),
        reason=typed("reason"),
        name=typed("name") or None,
        started_at=local_time("started_at", place.zone),
        linked_to=typed("linked_to") or None,
    )
    what = "Exercise" if made.exercise else "Incident"
    return done(f"{what} {made.number} is declared. You hold command.", board_url(made.id))


def _confirm(db: Session, place: Facility) -> str:
    guide = catalogue.guide(typed("guide"))
    g.zone = place.zone
    zero = local_time("started_at", place.zone) or runtime().clock.now()
    return render_template(
        "incidents/declare_confirm.html",
        guide=guide,
        facility=place,
        place=place.name,
        exercise=typed("exercise") == "exercise",
        zero=zero,
        first_due=zero + timedelta(minutes=min(task.due_minutes for task in guide.tasks)),
        titles=[catalogue.position(slug).title for slug in guide.positions],
        level=next(label for value, label, _ in LEVELS if value == typed("activation_level")),
        commander=actor().name,
        running=queries.open_incidents(db, place.id),
        data=request.form,
        breadcrumb=_breadcrumb(),
    )


def _form(db: Session, data: Mapping[str, Any], errors: Errors | None = None) -> str:
    places = _places(db)
    if len(places) == 1:
        g.zone = places[0].zone
    # A choice of one is no choice, and is made already.
    chosen = dict(data) | ({"facility": places[0].code} if len(places) == 1 else {})
    return render_template(
        "incidents/declare.html",
        data=chosen,
        errors=errors or {},
        labels=LABELS,
        guides=[(g.slug, g.title, _opens(g)) for g in catalogue.guides()],
        kinds=KINDS,
        levels=LEVELS,
        places=[(p.code, f"{p.name} ({p.code})") for p in places],
        running=[(i.id, f"{i.number}, {i.name}") for i in queries.open_incidents(db)],
        breadcrumb=_breadcrumb(),
    )


def _again(errors: Errors) -> str:
    with runtime().db.read() as db:
        return _form(db, request.form, errors)


def _opens(guide: catalogue.Guide) -> str:
    return (
        f"{guide.description} Opens {len(guide.positions)} positions, {len(guide.objectives)} objectives "
        f"and {len(guide.tasks)} tasks."
    )


def _places(db: Session) -> Sequence[Facility]:
    """The hospitals where this person may declare."""
    return [p for p in facilities(db) if actor().may(Permission.INCIDENT_DECLARE, p.id)]


def _wrong(form: Mapping[str, str], places: Sequence[Facility]) -> Errors:
    """Everything that is missing at once, so that nobody is sent back twice."""
    choices = {
        "guide": ("Choose what has happened.", [g.slug for g in catalogue.guides()]),
        "exercise": ("Say whether this is real or an exercise.", ["real", "exercise"]),
        "facility": ("Choose the hospital.", [p.code for p in places]),
        "activation_level": ("Choose the activation.", [level.value for level in ActivationLevel]),
    }
    errors = {name: [words] for name, (words, allowed) in choices.items() if form.get(name) not in allowed}
    if not 1 <= len(form.get("reason", "").strip()) <= 2000:
        errors["reason"] = ["Say in 1 to 2000 characters why."]
    if len(form.get("name", "")) > 200:
        errors["name"] = ["Use at most 200 characters."]
    return errors


def _breadcrumb() -> list[dict[str, str]]:
    return [{"label": "Incidents", "url": url_for("incidents.index")}, {"label": "Declare"}]
