"""/api/v1/polls"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility_by_code
from app.polls import actions, queries
from app.polls.models import Poll
from app.polls.rules import PRESETS, Whom
from app.polls.schemas import PollIn, PollOut
from app.runtime import runtime
from app.web.api import blueprint, post

api = blueprint("polls", "Asking units for numbers by a time")


@api.route("/polls", methods=["POST"])
@api.arguments(PollIn)
@api.response(201, PollOut)
@requires(Permission.CALLOUT_SEND)
def start(wanted: dict[str, Any]) -> Response:
    """Ask the units of a hospital, or of all, for numbers by a time

    By text and link; who has not answered is asked again. While a poll of the same scope is open, this gives that one.
    """
    return post(_start, PollOut, wanted)


@api.route("/polls/<uuid:poll_id>")
@api.response(200, PollOut)
@requires(Permission.BOARD_VIEW)
def get(poll_id: UUID) -> dict[str, Any]:
    """A poll, unit by unit: who has answered, who is overdue, what is missing"""
    with runtime().db.read() as db:
        return _out(db, queries.visible_poll(db, actor(), str(poll_id)), made=True)


def _start(uow: UnitOfWork, wanted: dict[str, Any]) -> dict[str, Any]:
    preset = next((each for each in PRESETS if each.slug == wanted["preset"]), PRESETS[0])
    place = facility_by_code(uow.session, wanted["facility"]) if wanted["facility"] is not None else None
    own_time = wanted["minutes"] is not None
    started = actions.start(
        uow,
        actor(),
        facility_id=place.id if place else None,
        metrics=wanted["metrics"] if wanted["metrics"] is not None else preset.metrics,
        minutes=wanted["minutes"] if own_time else preset.minutes,
        chase=wanted["chase"] or (() if own_time else preset.chase),
        title=wanted["title"] or ("" if wanted["metrics"] is not None else preset.title),
        whom=Whom(wanted["whom"]),
        incident_id=str(wanted["incident"]) if wanted["incident"] else None,
        public_url=runtime().settings.public_url,
    )
    uow.session.flush()
    return _out(uow.session, started.poll, made=started.made)


def _out(db: Session, found: Poll, *, made: bool) -> dict[str, Any]:
    rows = queries.rows(db, found, runtime().clock.now(), actor())
    place = db.get(Facility, found.facility_id) if found.facility_id else None
    plain = (
        "id",
        "title",
        "whom",
        "exercise",
        "started_at",
        "started_by",
        "due_at",
        "next_chase_at",
        "chased",
    )
    return {name: getattr(found, name) for name in (*plain, "closed_at")} | {
        "facility": place.code if place else None,
        "made": made,
        "completeness": found.result or queries.told_so_far(rows, place is None),
        "units": [
            {
                "facility": row.facility.code,
                "unit": row.unit.code,
                "name": row.unit.name,
                "asked": row.ask.person_name,
                "trouble": row.ask.trouble,
                "unreached": row.unreached,
                "state": row.ask.state.value,
                "overdue": row.overdue,
                "answered_at": row.ask.answered_at,
                "numbers": [{"metric": m, "value": v} for m, v in row.numbers.items()],
            }
            for row in rows
        ],
    }
