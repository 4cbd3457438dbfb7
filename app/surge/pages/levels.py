"""The surge level: confirm or decline what is recommended, set another, look back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility as facility_by_id
from app.incidents import catalogue
from app.incidents.queries import open_incidents
from app.runtime import runtime, transact
from app.surge import actions, history, packs, queries
from app.surge.definitions import read
from app.surge.models import Recommendation, RecommendationState
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import Errors, done, page_number, submitted, typed

LABELS = {
    "reason": "Reason",
    "plan": "Where the plan starts",
    "incident_id": "Where the plan starts",
    "guide": "Guide",
    "rank": "Level",
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
        found = transact(actions.confirm, actor(), str(recommendation_id), reason=typed("reason"), **_plan())
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
        if not rank.isdecimal() or int(rank[:3]) >= len(packs.levels()):
            raise Invalid.field("rank", "choose one of the levels")
        with runtime().db.read() as db:
            facility_id = hospital(db, code).id
        transact(actions.set_level, actor(), facility_id, rank=int(rank), reason=typed("reason"), **_plan())
        return done(f"The level is {packs.levels()[int(rank)].label}.", url_for("surge.show", code=code))

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


def _plan() -> dict[str, str | None]:
    """Where the plan starts: in an open incident by its id, in a new one, or nowhere."""
    plan = typed("plan")
    if plan == DECLARE:
        if not typed("guide"):
            raise Invalid.field("guide", "choose the guide of the incident to declare")
        return {"guide": typed("guide")}
    if plan == NOTE:
        return {}
    if not plan:
        raise Invalid.field("plan", "choose where the plan starts, or that the level is only noted")
    return {"incident_id": plan}


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
            **_choices(db, facility, exercises=False),
            recommendation=found,
            is_open=found.state is RecommendationState.OPEN,
            current=queries.level(db, facility.id),
            firings=queries.standing_firings(db, facility.id),
            wanted=packs.levels()[found.rank],
            read=read,
            data=_typed(db, facility),
            errors=errors or {},
            labels=LABELS,
        )


def _level_page(code: str, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        current = queries.level_rank(db, facility.id)
        return render_template(
            "surge/level.html",
            **frame(db, facility, "Set the level"),
            **_choices(db, facility, exercises=True),
            levels=packs.levels(),
            current=current,
            stale=queries.stale_inputs(db, facility.id, now) if current else [],
            firings=queries.standing_firings(db, facility.id),
            data=_typed(db, facility),
            errors=errors or {},
            labels=LABELS,
        )


def _choices(db: Session, facility: Facility, *, exercises: bool) -> dict[str, Any]:
    incidents = [each for each in open_incidents(db, facility.id) if exercises or not each.exercise]
    plans = [
        (
            each.id,
            f"{each.number}, {each.name}",
            "Exercise: the level is the exercise's own" if each.exercise else "Its tasks are added here",
        )
        for each in incidents
    ]
    plans.append((DECLARE, "Declare an incident now", "With the guide below; you are its commander"))
    plans.append((NOTE, "Only note the level", "Nobody gets a task"))
    guides = sorted(catalogue.guides(), key=lambda g: (g.slug not in SUGGESTED_GUIDES, g.title))
    return {"plans": plans, "guides": [(guide.slug, guide.title) for guide in guides]}


def _typed(db: Session, facility: Facility) -> dict[str, str]:
    """What was typed; at first, the newest real incident is where a plan most likely belongs."""
    if request.form:
        return request.form.to_dict()
    real = [each for each in open_incidents(db, facility.id) if not each.exercise]
    return {"plan": request.args.get("incident") or (real[0].id if real else "")}
