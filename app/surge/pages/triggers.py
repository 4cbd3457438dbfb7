"""Triggers: the list, one to edit with its preview, and those acts of a person that need a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility as facility_by_id
from app.runtime import runtime, transact
from app.surge import actions, packs, queries
from app.surge.definitions import Definition, amount, errors_of, read, sentence
from app.surge.drawing import chart
from app.surge.inforce import levels_of
from app.surge.measures import MEASURES
from app.surge.models import Firing
from app.surge.pages.fields import LABELS, choices, definition_typed, form_of, place_words
from app.surge.pages.frame import frame, hospital, pages
from app.surge.recorded import PREVIEW, samples_of
from app.surge.trial import line, run
from app.surge.triggers import Rule
from app.web.forms import Errors, done, local_time, submitted, typed

NEW = Definition("", "occupancy", "icu", Rule("at_least", 90.0, 120, 720, 5.0))


@pages.route("/capacity/<code>/triggers")
@requires(Permission.BOARD_VIEW)
def triggers(code: str) -> str:
    with runtime().db.read() as db:
        facility = hospital(db, code)
        return render_template(
            "surge/triggers.html",
            **frame(db, facility, "Triggers"),
            triggers=queries.all_triggers(db, facility.id),
            packs=packs.examples(),
            sentence=_sentence,
            levels=levels_of(db, facility.id),
            read=read,
            measures=MEASURES,
            amount=amount,
        )


@pages.route("/capacity/<code>/triggers/new")
@requires(Permission.POLICY_EDIT)
def new_trigger(code: str) -> str:
    """`?pack=` and `?rule=` begin with a published rule."""
    with runtime().db.read() as db:
        facility = hospital(db, code)
    definition = _from_pack() or NEW
    return _editor(facility, None, form_of(definition), {}, definition)


@pages.route("/capacity/<code>/triggers/new", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def create_trigger(code: str) -> Any:
    """`step` preview shows what it would have done; save puts it in force."""
    with runtime().db.read() as db:
        facility = hospital(db, code)

    def act() -> Any:
        definition = definition_typed()
        if typed("step") != "save":
            return _previewed(facility, None, definition)
        made = transact(
            actions.create_trigger, actor(), facility.id, definition=definition, reason=typed("reason")
        )
        return done(f"{made.title} watches from now on.", url_for("surge.triggers", code=code))

    return submitted(act, lambda errors: _editor(facility, None, request.form.to_dict(), _named(errors)))


@pages.route("/capacity/triggers/<uuid:trigger_id>")
@requires(Permission.BOARD_VIEW)
def trigger(trigger_id: UUID) -> str:
    with runtime().db.read() as db:
        found, state = queries.trigger(db, str(trigger_id))
        facility = _of(db, found.facility_id)
        definition = read(found.definition)
        return render_template(
            "surge/trigger.html",
            **frame(db, facility, found.title),
            trigger=found,
            state=state,
            definition=definition,
            says=_sentence(definition),
            preview=_preview(db, facility, definition),
            versions=[(each, _sentence(read(each.definition))) for each in queries.versions(db, found.id)],
            firings=queries.firings_of(db, found.id),
            levels=levels_of(db, facility.id),
            words=choices(levels_of(db, facility.id)),
            amount=amount,
            measure=MEASURES[definition.measure],
        )


@pages.route("/capacity/triggers/<uuid:trigger_id>/edit")
@requires(Permission.POLICY_EDIT)
def edit_trigger(trigger_id: UUID) -> str:
    facility, found = _to_edit(trigger_id)
    return _editor(facility, found, form_of(read(found.definition)), {})


@pages.route("/capacity/triggers/<uuid:trigger_id>/edit", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def save_trigger(trigger_id: UUID) -> Any:
    facility, found = _to_edit(trigger_id)

    def act() -> Any:
        definition = definition_typed()
        if typed("step") != "save":
            return _previewed(facility, found, definition)
        made = transact(
            actions.edit_trigger,
            actor(),
            found.id,
            version=int(typed("version")) if typed("version").isdecimal() else 0,
            definition=definition,
            reason=typed("reason"),
        )
        url = url_for("surge.trigger", trigger_id=made.id)
        return done(f"{made.title}: version {made.version} is in force.", url)

    return submitted(act, lambda errors: _editor(facility, found, request.form.to_dict(), _named(errors)))


@pages.route("/capacity/triggers/<uuid:trigger_id>/retire", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def retire_trigger(trigger_id: UUID) -> Any:
    facility, found = _to_edit(trigger_id)

    def act() -> Any:
        transact(actions.retire_trigger, actor(), found.id, reason=typed("reason"))
        return done(f"{found.title} is retired.", url_for("surge.triggers", code=facility.code))

    form = form_of(read(found.definition))
    return submitted(act, lambda errors: _editor(facility, found, form, errors))


@pages.route("/capacity/triggers/<uuid:trigger_id>/shelve")
@requires(Permission.SURGE_CONFIRM)
def shelve(trigger_id: UUID) -> str:
    return _shelve_page(trigger_id)


@pages.route("/capacity/triggers/<uuid:trigger_id>/shelve", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def put_aside(trigger_id: UUID) -> Any:
    """`hours` from now, or `until` on the hospital's clock."""

    def act() -> Any:
        with runtime().db.read() as db:
            found, _ = queries.trigger(db, str(trigger_id))
            facility = _of(db, found.facility_id)
        until = local_time("until", facility.zone)
        if until is None and typed("hours").isdecimal() and len(typed("hours")) < 4:
            until = runtime().clock.now() + timedelta(hours=int(typed("hours")))
        if until is None:
            raise Invalid.field("until", "choose for how long")
        transact(actions.shelve, actor(), found.id, until=until, reason=typed("reason"))
        return done(f"{found.title} is put aside.", url_for("surge.trigger", trigger_id=found.id))

    return submitted(act, lambda errors: _shelve_page(trigger_id, errors))


@pages.route("/capacity/triggers/<uuid:trigger_id>/unshelve", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def take_back(trigger_id: UUID) -> Any:
    found = transact(actions.unshelve, actor(), str(trigger_id))
    return done(f"{found.title} counts again.", url_for("surge.trigger", trigger_id=found.id))


@pages.route("/capacity/firings/<uuid:firing_id>/acknowledge", methods=["POST"])
@requires(Permission.TASK_WORK)
def acknowledge(firing_id: UUID) -> Any:
    found: Firing = transact(actions.acknowledge, actor(), str(firing_id))
    return done(f"{found.title}: seen by you.", url_for("surge.trigger", trigger_id=found.trigger_id))


def _of(db: Session, facility_id: str) -> Facility:
    return hospital(db, facility_by_id(db, facility_id).code)


def _to_edit(trigger_id: UUID) -> tuple[Facility, Any]:
    with runtime().db.read() as db:
        found, _ = queries.trigger(db, str(trigger_id))
        facility = _of(db, found.facility_id)
        actor().require(Permission.POLICY_EDIT, facility.id)
        return facility, found


def _from_pack() -> Definition | None:
    wanted = request.args.get("pack"), request.args.get("rule")
    if not any(wanted):
        return None
    for pack in packs.examples():
        for rule in pack.rules:
            if (pack.slug, rule.slug) == wanted:
                return rule.definition
    raise NotFound("There is no such published rule.")


def _previewed(facility: Facility, found: Any, definition: Definition) -> str:
    with runtime().db.read() as db:
        ranks = levels_of(db, facility.id).ranks
    wrong = errors_of(definition, packs.PLACES, ranks)
    wrong.pop("title", None)
    if wrong:
        raise Invalid("; ".join(wrong.values()), {name: [why] for name, why in wrong.items()})
    return _editor(facility, found, request.form.to_dict(), {}, definition)


def _editor(
    facility: Facility,
    found: Any,
    data: dict[str, str],
    errors: Errors,
    definition: Definition | None = None,
) -> str:
    if definition is None and not errors and found is not None:
        definition = read(found.definition)
    with runtime().db.read() as db:
        return render_template(
            "surge/edit_trigger.html",
            **frame(db, facility, found.title if found else "New trigger"),
            trigger=found,
            data=data,
            errors=errors,
            labels=LABELS,
            preview=_preview(db, facility, definition) if definition else None,
            says=_sentence(definition) if definition else "",
            words=choices(levels_of(db, facility.id)),
            amount=amount,
        )


def _preview(db: Session, facility: Facility, definition: Definition) -> dict[str, Any]:
    """The last fourteen days as this rule would have seen them."""
    now = runtime().clock.now()
    seen = samples_of(db, facility.id, definition, now)
    trial = run(definition.rule, seen, now)
    begins = now - PREVIEW
    drawn = line(definition.rule, seen)
    recent = tuple(point for point in drawn if point[0] >= begins)
    shown = [each for each in trial.episodes if each.cleared_at is None or each.cleared_at >= begins]
    limits = (definition.rule.threshold, definition.rule.clear_limit)
    return {
        "begins": begins,
        "ends": now,
        "episodes": shown,
        "samples": len(recent),
        "last": next((value for _, value in reversed(recent) if value is not None), None),
        "chart": chart(recent, [shown], limits, begins, now, ZoneInfo(facility.zone)),
        "status": trial.status,
        "measure": MEASURES[definition.measure],
        "definition": definition,
    }


def _shelve_page(trigger_id: UUID, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        found, state = queries.trigger(db, str(trigger_id))
        facility = _of(db, found.facility_id)
        actor().require(Permission.SURGE_CONFIRM, facility.id)
        return render_template(
            "surge/shelve.html",
            **frame(db, facility, f"Put aside: {found.title}"),
            trigger=found,
            state=state,
            data=request.form or {"hours": "8"},
            errors=errors or {},
            labels=LABELS,
        )


def _named(errors: Errors) -> Errors:
    """A deadband is typed as the limit at which it clears."""
    return {"clear_limit" if name == "deadband" else name: found for name, found in errors.items()}


def _sentence(definition: Definition) -> str:
    return sentence(definition, place_words(definition.unit_class))
