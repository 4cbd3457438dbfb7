"""/api/v1/readings, capacity and level under /api/v1/facilities/{code}, /api/v1/surge, /api/v1/triggers/evaluate"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from flask import Response, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility as facility_by_id
from app.runtime import runtime
from app.surge import actions, inforce, queries
from app.surge.actions import Entered, Given, Refused
from app.surge.capacity import house
from app.surge.definitions import rule_errors
from app.surge.evaluating import SHELVE, Act, evaluate_all
from app.surge.events import ReasonData
from app.surge.level_schemas import ConfirmIn, ContinuumOut, DeclineIn, NamedLevelsOut, SetLevelIn
from app.surge.models import Recommendation
from app.surge.schemas import (
    MOST_AT_ONCE,
    CapacityOut,
    EnteredOut,
    EvaluatedOut,
    EvaluateIn,
    ReadingIn,
)
from app.surge.triggers import Rule
from app.web.api import blueprint, post

api = blueprint("surge", "Readings of beds and patients, and what they add up to")

_MANY = {"type": "array", "items": ReadingIn, "minItems": 1, "maxItems": MOST_AT_ONCE}
_WRAPPED = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": _MANY},
    "additionalProperties": False,
}
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"oneOf": [ReadingIn, _MANY, _WRAPPED]}}},
}


@api.route("/readings", methods=["POST"])
@api.doc(requestBody=_BODY)
@api.response(201, EnteredOut, description="All taken")
@api.alt_response(
    207, schema=EnteredOut, description="Some taken; `refused` names what is wrong with the others"
)
@requires(Permission.READING_ENTER)
def enter() -> Response:
    """Enter one reading, or up to 10000 as a list or as {items: [...]}

    The same reading again changes nothing, so a call may be repeated. Another value for the same unit, metric,
    observed_at and source corrects the earlier one. When none can be taken the answer is a problem whose
    `errors` are by field, in a list by items.N.field.
    """
    rows, single = _rows(request.get_json(silent=True))
    response = post(_enter, EnteredOut, actor(), rows, single)
    if response.get_json()["refused"]:
        response.status_code = 207
    return response


@api.route("/facilities/<string:code>/capacity")
@api.response(200, CapacityOut)
@requires(Permission.BOARD_VIEW)
def capacity(code: str) -> dict[str, Any]:
    """Beds of a hospital by unit and by class, with the age and source of each number, and its surge level"""
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = _facility(db, code)
        version = queries.capacity_version(db, facility.id)
        found = house(db, facility.id, now)
        return {
            "facility": facility.code,
            "version": version,
            "as_of": now,
            "level": queries.level(db, facility.id),
            "recommendation": queries.open_recommendation(db, facility.id),
            "triggers": [
                {"slug": t.slug, "title": t.title, "unit_class": t.unit_class}
                | {"status": s.shown.value, "firing": s.fired_at is not None, "version": t.version}
                for t, s in queries.triggers(db, facility.id)
            ],
            "classes": found.classes,
            "units": found.units,
        }


@api.route("/facilities/<string:code>/level")
@api.response(200, ContinuumOut)
@requires(Permission.BOARD_VIEW)
def level(code: str) -> dict[str, Any]:
    """The surge level: staff, stuff, space and systems, which of them drives it, and what is recommended and why"""
    with runtime().db.read() as db:
        return _level(db, _facility(db, code), runtime().clock.now())


@api.route("/facilities/<string:code>/levels")
@api.response(200, NamedLevelsOut)
@requires(Permission.BOARD_VIEW)
def levels(code: str) -> dict[str, Any]:
    """The hospital's own named levels by rank"""
    with runtime().db.read() as db:
        facility = _facility(db, code)
        ladder = inforce.levels_of(db, facility.id)
        return {"facility": facility.code, "version": ladder.version, "levels": list(ladder)}


@api.route("/facilities/<string:code>/level", methods=["POST"])
@api.arguments(SetLevelIn)
@api.response(201, ContinuumOut)
@requires(Permission.SURGE_CONFIRM)
def set_level(wanted: dict[str, Any], code: str) -> Response:
    """Set a level by its rank, or one of the four S to a band, as the person whose token it is

    Up by any number, down one level at a time with fresh numbers and nothing standing that speaks for more. Into
    crisis goes one S at a time, with the person's own name and without declaring an incident.
    """
    with runtime().db.read() as db:
        facility = _facility(db, code)

    def act(uow: UnitOfWork) -> dict[str, Any]:
        said = _said(wanted)
        if wanted["rank"] is not None:
            picked = {"rank": wanted["rank"], "resources": wanted["resources"]}
            actions.set_level(uow, actor(), facility.id, **picked, **said, restart=wanted["restart"])
        else:
            picked = {"resource": wanted["resource"], "band": wanted["band"]}
            actions.set_band(uow, actor(), facility.id, **picked, **said, restart=wanted["restart"])
        return _level(uow.session, facility, uow.now)

    return post(act, ContinuumOut)


@api.route("/surge/recommendations/<uuid:recommendation_id>/confirm", methods=["POST"])
@api.arguments(ConfirmIn)
@api.response(201, ContinuumOut)
@requires(Permission.SURGE_CONFIRM)
def confirm(wanted: dict[str, Any], recommendation_id: UUID) -> Response:
    """Confirm what is recommended, as the person whose token it is"""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        found = actions.confirm(
            uow, actor(), str(recommendation_id), resources=wanted["resources"], **_said(wanted)
        )
        return _level(uow.session, facility_by_id(uow.session, found.facility_id), uow.now)

    return post(act, ContinuumOut)


@api.route("/surge/recommendations/<uuid:recommendation_id>/decline", methods=["POST"])
@api.arguments(DeclineIn)
@api.response(201, ContinuumOut)
@requires(Permission.SURGE_CONFIRM)
def decline(wanted: dict[str, Any], recommendation_id: UUID) -> Response:
    """Leave the level as it is. What has fired recommends nothing more until it fires again"""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        found = actions.decline(uow, actor(), str(recommendation_id), reason=wanted["reason"])
        return _level(uow.session, facility_by_id(uow.session, found.facility_id), uow.now)

    return post(act, ContinuumOut)


@api.route("/triggers/evaluate", methods=["POST"])
@api.arguments(EvaluateIn)
@api.response(200, EvaluatedOut)
@requires(Permission.BOARD_VIEW)
def evaluate(wanted: dict[str, Any]) -> dict[str, Any]:
    """Where a rule stands after these samples, and every transition on the way. Nothing is stored

    The same engine as for the hospital's own triggers. What is stale never clears: a firing stands, provisionally.
    """
    rule, acts = _asked(wanted)
    points = [(each["at"], each["value"]) for each in wanted["samples"]]
    outcome = evaluate_all(rule, points, acts, wanted["now"])
    state = outcome.state
    return {
        "state": state.status.value,
        "firing": state.fired_at is not None,
        "provisional": state.provisional,
        "value": state.value,
        "beyond_since": state.beyond_since,
        "clear_since": state.clear_since,
        "fired_at": state.fired_at,
        "acknowledged_at": state.acknowledged_at,
        "shelved_until": state.shelved_until,
        "transitions": outcome.transitions,
    }


def _facility(db: Session, code: str) -> Facility:
    facility = db.scalar(sa.select(Facility).where(Facility.code == code))
    if facility is None:
        raise NotFound(f"There is no hospital with the code {code!r}.")
    actor().require(Permission.BOARD_VIEW, facility.id)
    return facility


def _said(wanted: dict[str, Any]) -> dict[str, Any]:
    incident = wanted["incident_id"]
    return {
        "reason": wanted["reason"],
        "incident_id": str(incident) if incident else None,
        "guide": wanted["guide"],
        "name": wanted["name"],
    }


def _level(db: Session, facility: Facility, now: datetime) -> dict[str, Any]:
    standing = inforce.standing(db, facility.id, now)
    found, lowest = queries.level(db, facility.id), inforce.levels_of(db, facility.id)[0]
    return {
        "facility": facility.code,
        "as_of": now,
        "rank": found.rank if found else lowest.rank,
        "label": found.label if found else lowest.label,
        "band": standing.band,
        "drivers": standing.drivers,
        "provisional": standing.provisional,
        "set_at": found.set_at if found else None,
        "set_by": found.set_by if found else None,
        "reason": found.reason if found else None,
        "age_seconds": _age(found.set_at, now) if found else None,
        "resources": standing.sides,
        "recommendation": _recommendation(queries.open_recommendation(db, facility.id), now),
    }


def _recommendation(found: Recommendation | None, now: datetime) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "id": found.id,
        "rank": found.rank,
        "label": found.label,
        "band": found.band,
        "drivers": found.drivers.split(",") if found.drivers else [],
        "reasons": msgspec.json.decode(found.reasons, type=list[ReasonData]),
        "made_at": found.made_at,
        "age_seconds": _age(found.made_at, now),
    }


def _age(at: datetime, now: datetime) -> int:
    return int((now - at).total_seconds())


def _asked(wanted: dict[str, Any]) -> tuple[Rule, list[Act]]:
    """Raises Invalid for what no single field can be blamed for by its form."""
    rule = Rule(**wanted["rule"])
    errors = {f"rule.{name}": [why] for name, why in rule_errors(rule).items()}
    for number, each in enumerate(wanted["acts"]):
        if each["act"] == SHELVE and (each["until"] is None or each["until"] <= each["at"]):
            errors[f"acts.{number}.until"] = ["must be a moment after `at`, when it is shelved"]
    if errors:
        raise Invalid("; ".join(f"{name}: {found[0]}" for name, found in errors.items()), errors)
    return rule, [Act(**each) for each in wanted["acts"]]


def _rows(body: Any) -> tuple[list[Any], bool]:
    """The readings in the body, and whether it is a single one."""
    if isinstance(body, dict) and "items" not in body:
        return [body], True
    if isinstance(body, dict) and len(body) > 1:
        raise Invalid.field(next(name for name in body if name != "items"), "unknown field beside items")
    rows = body["items"] if isinstance(body, dict) else body
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_AT_ONCE:
        raise Invalid.field("items", f"send one reading, or a list of 1 to {MOST_AT_ONCE}, as JSON")
    return rows, False


def _enter(uow: UnitOfWork, who: Actor, rows: list[Any], single: bool) -> Entered:
    """Check each row's form, enter those that have it, and put all refusals in order."""
    schema, given, places, refused = ReadingIn(), [], [], []
    for index, row in enumerate(rows):
        try:
            given.append(Given(**schema.load(row)))
            places.append(index)
        except ValidationError as error:
            refused.append(Refused(index, _by_field(error.normalized_messages())))
    entered = actions.enter(uow, who, readings=given)
    refused += [Refused(places[each.index], each.errors) for each in entered.refused]
    entered.refused = sorted(refused, key=lambda each: each.index)
    if entered.accepted == 0:
        raise _nothing_taken(entered, single)
    return entered


def _by_field(messages: dict[str, Any]) -> dict[str, list[str]]:
    return {"body" if name == "_schema" else name: list(said) for name, said in messages.items()}


def _nothing_taken(entered: Entered, single: bool) -> Invalid:
    errors = {
        name if single else f"items.{each.index}.{name}": messages
        for each in entered.refused
        for name, messages in each.errors.items()
    }
    said = "; ".join(f"{name}: {' '.join(messages)}" for name, messages in list(errors.items())[:10])
    return Invalid(f"No reading was taken. {said}", errors)
