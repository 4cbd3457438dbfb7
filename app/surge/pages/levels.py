"""The surge level: the four S and what drives it; confirm or decline what is recommended, set another, look back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility as facility_by_id
from app.facilities.stream import stream_of
from app.incidents import catalogue
from app.incidents.queries import open_incidents
from app.runtime import runtime, transact
from app.surge import actions, continuum, history, inforce, queries
from app.surge.definitions import RESOURCES, read
from app.surge.events import ReasonData
from app.surge.levels import BAND_WORDS, CRISIS
from app.surge.models import Firing, Recommendation, RecommendationState, Trigger
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import Errors, done, page_number, submitted, typed

LABELS = {
    "reason": "Reason",
    "plan": "Where the plan starts",
    "incident_id": "Where the plan starts",
    "guide": "Guide",
    "rank": "Level",
    "band": "Band",
    "resources": "What drives it",
    "resource": "What goes into crisis",
    "name": "Your name",
    "restart": "Care that was put off",
}
NOTE, DECLARE = "note", "declare"
SUGGESTED_GUIDES = ("staff_shortage", "mass_casualty_incident", "infectious_disease")


@pages.route("/capacity/recommendations/<uuid:recommendation_id>")
@requires(Permission.SURGE_CONFIRM)
def recommendation(recommendation_id: UUID) -> Any:
    return _recommendation_page(recommendation_id)


@pages.route("/capacity/recommendations/<uuid:recommendation_id>/confirm", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def confirm(recommendation_id: UUID) -> Any:
    def act() -> Any:
        found = transact(actions.confirm, actor(), str(recommendation_id), reason=typed("reason"), **plan())
        return done(f"The level is {found.label}.", _home_of(found))

    return submitted(act, lambda errors: _recommendation_page(recommendation_id, errors))


@pages.route("/capacity/recommendations/<uuid:recommendation_id>/decline", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def decline(recommendation_id: UUID) -> Any:
    def act() -> Any:
        found = transact(actions.decline, actor(), str(recommendation_id), reason=typed("reason"))
        return done(f"{found.label} declined; the level stays as it is.", _home_of(found))

    return submitted(act, lambda errors: _recommendation_page(recommendation_id, errors))


@pages.route("/capacity/<code>/level")
@requires(Permission.SURGE_CONFIRM)
def level(code: str) -> str:
    return _level_page(code)


@pages.route("/capacity/<code>/level", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def set_level(code: str) -> Any:
    def act() -> Any:
        rank = typed("rank")
        with runtime().db.read() as db:
            facility_id = hospital(db, code).id
            ladder = inforce.levels_of(db, facility_id)
        if not rank.isdecimal() or int(rank[:3]) not in ladder:
            raise Invalid.field("rank", "choose one of the levels")
        transact(
            actions.set_level,
            actor(),
            facility_id,
            rank=int(rank),
            reason=typed("reason"),
            resources=request.form.getlist("resources"),
            restart=bool(typed("restart")),
            **plan(),
        )
        return done(f"The level is {ladder[int(rank)].label}.", url_for("surge.show", code=code))

    return submitted(act, lambda errors: _level_page(code, errors))


@pages.route("/capacity/<code>/history")
@requires(Permission.BOARD_VIEW)
def past(code: str) -> str:
    with runtime().db.read() as db:
        facility = hospital(db, code)
        lines, count = history.page(db, facility.id, page_number())
        return render_template(
            "surge/history.html",
            **frame(db, facility, "History"),
            lines=lines,
            page=page_number(),
            page_count=count,
        )


def plan() -> dict[str, Any]:
    """Where the plan starts: in an open incident by its id, in a new one, or nowhere."""
    chosen = typed("plan")
    if chosen == DECLARE:
        if not typed("guide"):
            raise Invalid.field("guide", "choose the guide of the incident to declare")
        return {"guide": typed("guide")}
    if chosen == NOTE:
        return {}
    if not chosen:
        raise Invalid.field("plan", "choose where the plan starts, or that the level is only noted")
    return {"incident_id": chosen}


def _home_of(found: Recommendation) -> str:
    with runtime().db.read() as db:
        return url_for("surge.show", code=facility_by_id(db, found.facility_id).code)


def _recommendation_page(recommendation_id: UUID, errors: Errors | None = None) -> Any:
    with runtime().db.read() as db:
        found = db.get(Recommendation, str(recommendation_id))
        if found is None:
            raise NotFound("There is no such recommendation.")
        facility = hospital(db, facility_by_id(db, found.facility_id).code)
        if found.state is not RecommendationState.OPEN and not errors:
            return redirect(url_for("surge.show", code=facility.code))
        return render_template(
            "surge/recommendation.html",
            **frame(db, facility, found.label),
            **plan_choices(db, facility, exercises=False),
            recommendation=found,
            is_open=found.state is RecommendationState.OPEN,
            current=queries.level(db, facility.id),
            reasons=reasons_of(found),
            sources=_sources(db, facility.id),
            wanted=inforce.levels_of(db, facility.id)[found.rank],
            data=typed_plan(db, facility),
            errors=errors or {},
            labels=LABELS,
        )


def reasons_of(found: Recommendation) -> list[ReasonData]:
    return msgspec.json.decode(found.reasons, type=list[ReasonData])


def _sources(db: Session, facility_id: str) -> dict[str, str]:
    """Where the limits of the firings that stand come from, by firing."""

    return {f.id: read(t.definition).source for f, t in queries.standing_firings(db, facility_id)}


def _level_page(code: str, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        ladder = inforce.levels_of(db, facility.id)
        held = inforce.held(db, stream_of(facility.id), ladder)
        found = queries.open_recommendation(db, facility.id)
        return render_template(
            "surge/level.html",
            **frame(db, facility, "Surge level"),
            **plan_choices(db, facility, exercises=True),
            **sides_of(db, facility, ladder),
            held=held,
            level=queries.level(db, facility.id),
            recommendation=found,
            reasons=reasons_of(found) if found else [],
            upward=[each for each in ladder.above(held.rank) if each.band != CRISIS],
            crisis=[each for each in ladder.above(held.rank) if each.band == CRISIS],
            below=ladder.below(held.rank),
            in_the_way=_in_the_way(db, facility.id, held, ladder, now),
            resources=[(s, RESOURCES[s]) for s in continuum.RESOURCES],
            data=_form(db, facility),
            errors=errors or {},
            labels=LABELS,
        )


def sides_of(db: Session, facility: Facility, ladder: inforce.Ladder) -> dict[str, Any]:
    """The four S, who put each where it is, and what has fired for it."""
    fired: dict[str, list[tuple[Firing, Trigger]]] = {}
    for firing, trigger in queries.standing_firings(db, facility.id):
        fired.setdefault(firing.resource, []).append((firing, trigger))
    put = {each.resource: each for each in inforce.bands(db, stream_of(facility.id))}
    return {
        "standing": inforce.standing(db, facility.id, runtime().clock.now()),
        "fired": fired,
        "put": put,
        "band_words": BAND_WORDS,
        "ladder": ladder,
    }


def _in_the_way(db: Session, facility_id: str, held: continuum.Held, ladder: inforce.Ladder, now: Any) -> str:
    """Why the level cannot go down now; empty when only a person is missing."""
    below = ladder.below(held.rank)
    if below is None:
        return "This is the lowest level."
    signs, stale = inforce.signs(db, facility_id), inforce.stale_inputs(db, facility_id, now)
    try:
        continuum.lower(held, ladder, below.rank, signs, stale, restart=True)
    except Conflict as problem:
        return problem.detail
    return ""


def plan_choices(db: Session, facility: Facility, *, exercises: bool, declare: bool = True) -> dict[str, Any]:
    incidents = [each for each in open_incidents(db, facility.id) if exercises or not each.exercise]
    plans = [
        (
            each.id,
            f"{each.number}, {each.name}",
            "Exercise: the level is the exercise's own" if each.exercise else "Its tasks are added here",
        )
        for each in incidents
    ]
    if declare:
        plans.append((DECLARE, "Declare an incident now", "With the guide below; you are its commander"))
    plans.append((NOTE, "Only note the level", "Nobody gets a task"))
    guides = sorted(catalogue.guides(), key=lambda g: (g.slug not in SUGGESTED_GUIDES, g.title))
    return {"plans": plans, "guides": [(guide.slug, guide.title) for guide in guides]}


def _form(db: Session, facility: Facility) -> dict[str, Any]:
    """What was typed; at first, the S whose triggers ask for more are ticked."""
    if request.form:
        return {**request.form.to_dict(), "resources": request.form.getlist("resources")}
    asking = inforce.standing(db, facility.id, runtime().clock.now()).sides
    ticked = [side.resource for side in asking if side.asks_for_more]
    return {**typed_plan(db, facility), "resources": ticked}


def typed_plan(db: Session, facility: Facility) -> dict[str, str]:
    """What was typed; at first, the newest real incident is where a plan most likely belongs."""
    if request.form:
        return request.form.to_dict()
    real = [each for each in open_incidents(db, facility.id) if not each.exercise]
    return {"plan": request.args.get("incident") or (real[0].id if real else "")}
