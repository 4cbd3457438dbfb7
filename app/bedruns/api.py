"""/api/v1/bedruns"""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.bedruns import actions, queries, rules
from app.bedruns.looks import UnitLook
from app.bedruns.models import BedRun
from app.bedruns.schemas import (
    BedCountIn,
    BedRunArgs,
    BedRunEndIn,
    BedRunIn,
    BedRunOut,
    BedRunPage,
    BedsCountedOut,
)
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.facilities.queries import facility_by_code
from app.runtime import runtime
from app.web.api import blueprint, page, post

api = blueprint("bedruns", "Immediate bed availability: runs, and what is counted in them")


@api.route("/bedruns", methods=["POST"])
@api.arguments(BedRunIn)
@api.response(201, BedRunOut)
@requires(Permission.SURGE_CONFIRM)
def start(args: dict[str, Any]) -> Response:
    """Start a run: freeze the staffed beds of its units and start the four hours

    A hospital has one open run; a real one ends an exercise that is under way. Staffed beds that are not known
    or too old are refused by the name of their unit.
    """
    with runtime().db.read() as db:
        facility_id = facility_by_code(db, args.pop("facility")).id
    args["incident_id"] = str(args["incident_id"]) if args["incident_id"] else None
    return post(_start, BedRunOut, actor(), facility_id, args)


@api.route("/bedruns")
@api.arguments(BedRunArgs, location="query")
@api.response(200, BedRunPage)
@requires(Permission.BOARD_VIEW)
def list_runs(args: dict[str, Any]) -> Any:
    """Runs of one hospital, or of all that one may see, the oldest first"""
    now, code = runtime().clock.now(), args.pop("facility")
    with runtime().db.read() as db:
        allowed = actor().facilities(Permission.BOARD_VIEW)
        if code is not None:
            facility = facility_by_code(db, code)
            actor().require(Permission.BOARD_VIEW, facility.id)
            allowed = frozenset([facility.id])
        found = page(db, queries.runs_of(allowed), BedRun.id, **args)
        return found | {"items": [_plain(db, run, now) for run in found["items"]]}


@api.route("/bedruns/<uuid:run_id>")
@api.response(200, BedRunOut)
@requires(Permission.BOARD_VIEW)
def one(run_id: Any) -> Any:
    """One run as it stands, unit by unit"""
    now = runtime().clock.now()
    with runtime().db.read() as db:
        found = queries.run(db, str(run_id))
        actor().require(Permission.BOARD_VIEW, found.facility_id)
        return _plain(db, found, now)


@api.route("/bedruns/<uuid:run_id>/counts", methods=["POST"])
@api.arguments(BedCountIn)
@api.response(201, BedsCountedOut)
@requires(Permission.READING_ENTER)
def count(args: dict[str, Any], run_id: Any) -> Response:
    """Count so many more, or fewer, of a step in a unit; numbers only, no names"""
    return post(_count, BedsCountedOut, actor(), str(run_id), args)


@api.route("/bedruns/<uuid:run_id>/counts/<uuid:count_id>/undo", methods=["POST"])
@api.response(201, BedsCountedOut)
@requires(Permission.READING_ENTER)
def undo(run_id: Any, count_id: Any) -> Response:
    """Take one count back"""
    return post(_undo, BedsCountedOut, actor(), str(run_id), str(count_id))


@api.route("/bedruns/<uuid:run_id>/end", methods=["POST"])
@api.arguments(BedRunEndIn)
@api.response(201, BedRunOut)
@requires(Permission.SURGE_CONFIRM)
def end(args: dict[str, Any], run_id: Any) -> Response:
    """Confirm that the target is reached, or stop the run with a reason"""
    return post(_end, BedRunOut, actor(), str(run_id), args)


def _start(uow: UnitOfWork, who: Actor, facility_id: str, args: dict[str, Any]) -> dict[str, Any]:
    return _plain(uow.session, actions.start(uow, who, facility_id, **args), uow.now)


def _end(uow: UnitOfWork, who: Actor, run_id: str, args: dict[str, Any]) -> dict[str, Any]:
    return _plain(uow.session, actions.end(uow, who, run_id, **args), uow.now)


def _count(uow: UnitOfWork, who: Actor, run_id: str, args: dict[str, Any]) -> dict[str, Any]:
    made = actions.count(uow, who, run_id, **args)
    return _plain(uow.session, queries.run(uow.session, run_id), uow.now) | {"count_id": made.id}


def _undo(uow: UnitOfWork, who: Actor, run_id: str, count_id: str) -> dict[str, Any]:
    made = actions.undo(uow, who, run_id, count_id)
    return _plain(uow.session, queries.run(uow.session, run_id), uow.now) | {"count_id": made.id}


def _plain(db: Session, run: BedRun, now: Any) -> dict[str, Any]:
    found = queries.shown(db, run, now)
    own = {column.key: getattr(run, column.key) for column in BedRun.__table__.columns}
    return own | {
        "counted": found.counted,
        "on_the_line": found.line,
        "projected_at": found.projected,
        "quarters": found.quarters,
        "units": [_unit(each) for each in found.units],
    }


def _unit(each: UnitLook) -> dict[str, Any]:
    return {
        "unit": each.unit.code,
        "name": each.unit.name,
        "staffed_beds": each.unit.staffed_beds,
        "source": each.unit.source,
        "observed_at": each.unit.observed_at,
        "identified": {kind: each.tally.of(rules.IDENTIFIED, kind) for kind in rules.RISK_KINDS},
        "freed": {kind: each.tally.of(rules.FREED, kind) for kind in rules.WAYS},
        "cleaned": each.tally.of(rules.CLEANED),
        "staffed": each.tally.of(rules.STAFFED),
        "counted": each.tally.counted,
    }
