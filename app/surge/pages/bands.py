"""One of the four S: put at another band; and the step into crisis, which stands by itself."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.stream import stream_of
from app.runtime import runtime, transact
from app.surge import actions, inforce, queries
from app.surge.definitions import RESOURCES
from app.surge.levels import BAND_WORDS, CONVENTIONAL, CRISIS
from app.surge.models import Recommendation, RecommendationState
from app.surge.pages.frame import frame, hospital, pages
from app.surge.pages.levels import LABELS, NOTE, plan, plan_choices, reasons_of, sides_of, typed_plan
from app.web.forms import Errors, done, submitted, typed


@pages.route("/capacity/<code>/level/<resource>")
@requires(Permission.SURGE_CONFIRM)
def band(code: str, resource: str) -> str:
    return _band_page(code, resource)


@pages.route("/capacity/<code>/level/<resource>", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def set_band(code: str, resource: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility_id = hospital(db, code).id
        if typed("band") not in BAND_WORDS:
            raise Invalid.field("band", "choose where it stands")
        transact(
            actions.set_band,
            actor(),
            facility_id,
            resource=resource,
            band=typed("band"),
            reason=typed("reason"),
            restart=bool(typed("restart")),
            **plan(),
        )
        return done(f"{resource.capitalize()} is at {typed('band')}.", url_for("surge.level", code=code))

    return submitted(act, lambda errors: _band_page(code, resource, errors))


@pages.route("/capacity/<code>/crisis")
@requires(Permission.SURGE_CONFIRM)
def crisis(code: str) -> str:
    return _crisis_page(code)


@pages.route("/capacity/<code>/crisis", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def into_crisis(code: str) -> Any:
    """One S, a reason and the person's own name; with `recommendation` that one is confirmed."""

    def act() -> Any:
        with runtime().db.read() as db:
            facility_id = hospital(db, code).id
        if typed("resource") not in RESOURCES:
            raise Invalid.field("resource", "choose the one that goes into crisis")
        said: dict[str, Any] = {"reason": typed("reason"), "name": typed("name"), **plan()}
        if typed("recommendation"):
            wanted = [typed("resource")]
            transact(actions.confirm, actor(), typed("recommendation"), resources=wanted, **said)
        elif typed("rank").isdecimal():
            rank, wanted = int(typed("rank")[:3]), [typed("resource")]
            transact(actions.set_level, actor(), facility_id, rank=rank, resources=wanted, **said)
        else:
            transact(actions.set_band, actor(), facility_id, resource=typed("resource"), band=CRISIS, **said)
        return done(
            f"{typed('resource').capitalize()} is in crisis, by your word.", url_for("surge.level", code=code)
        )

    return submitted(act, lambda errors: _crisis_page(code, errors))


def _band_page(code: str, resource: str, errors: Errors | None = None) -> str:
    if resource not in RESOURCES:
        raise NotFound("There are four of them: staff, stuff, space and systems.")
    with runtime().db.read() as db:
        facility = hospital(db, code)
        ladder = inforce.levels_of(db, facility.id)
        held = inforce.held(db, stream_of(facility.id), ladder)
        context = sides_of(db, facility, ladder)
        side = next(each for each in context["standing"].sides if each.resource == resource)
        return render_template(
            "surge/band.html",
            **frame(db, facility, resource.capitalize()),
            **context,
            **plan_choices(db, facility, exercises=True),
            held=held,
            side=side,
            may_rise=held.band == CONVENTIONAL,
            choices=[(b, *w.split(": ", 1)) for b, w in BAND_WORDS.items() if b not in (side.band, CRISIS)],
            data={"plan": NOTE, **typed_plan(db, facility)},
            errors=errors or {},
            labels=LABELS,
        )


def _crisis_page(code: str, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        facility = hospital(db, code)
        ladder = inforce.levels_of(db, facility.id)
        held = inforce.held(db, stream_of(facility.id), ladder)
        found = _recommended(db.get(Recommendation, _asked_for()), facility) if _asked_for() else None
        level = ladder[found.rank] if found else ladder.lowest_in(CRISIS)
        return render_template(
            "surge/crisis.html",
            **frame(db, facility, "Into crisis"),
            **sides_of(db, facility, ladder),
            **plan_choices(db, facility, exercises=found is None, declare=False),
            held=held,
            wanted=level,
            ranks=[
                (each.rank, each.label, each.meaning)
                for each in ladder.above(held.rank)
                if each.band == CRISIS
            ],
            current=queries.level(db, facility.id),
            recommendation=found,
            reasons=reasons_of(found) if found else [],
            choices=[(s, *RESOURCES[s].split(": ", 1)) for s, now in held.bands.items() if now != CRISIS],
            who=actor().name,
            data=request.form.to_dict() or typed_plan(db, facility),
            errors=errors or {},
            labels=LABELS,
        )


def _asked_for() -> str:
    return typed("recommendation") or request.args.get("recommendation", "")


def _recommended(found: Recommendation | None, facility: Facility) -> Recommendation | None:
    """The recommendation the page was opened for, while nobody has decided about it."""
    if found is None or found.state is not RecommendationState.OPEN or found.band != CRISIS:
        return None
    return found if found.facility_id == facility.id else None
