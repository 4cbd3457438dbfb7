"""/api/v1/incidents/{id}/callouts"""

from __future__ import annotations

from typing import Any

from flask import Response

from app.accounts.access import actor, requires
from app.activation import actions, before, queries
from app.activation.models import Callout
from app.activation.schemas import BeforeOut, CalloutIn, CalloutOut, CalloutPage, StopIn
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.incidents.queries import visible_incident
from app.runtime import runtime
from app.web.api import PageArgs, blueprint, page, post

api = blueprint("callouts", "Call-outs: who is asked for what, and what they answered")


@api.route("/incidents/<uuid:incident_id>/callouts")
@api.arguments(PageArgs, location="query")
@api.response(200, CalloutPage)
@requires(Permission.BOARD_VIEW)
def list_callouts(args: dict[str, Any], incident_id: Any) -> Any:
    """Call-outs of an incident, oldest first"""
    with runtime().db.read() as db:
        incident = visible_incident(db, actor(), str(incident_id))
        return page(db, queries.callouts_of(incident.id), Callout.id, **args)


@api.route("/incidents/<uuid:incident_id>/callouts", methods=["POST"])
@api.arguments(CalloutIn)
@api.response(201, CalloutOut)
@requires(Permission.CALLOUT_SEND)
def open_callout(args: dict[str, Any], incident_id: Any) -> Response:
    """Call people in: for positions that nobody holds, or a number of people by skill or department; or tell
    a group something"""
    public_url = runtime().settings.public_url
    return post(
        actions.open_callout, CalloutOut, actor(), str(incident_id), public_url=public_url, **_wanted(args)
    )


@api.route("/incidents/<uuid:incident_id>/callouts/preview", methods=["POST"])
@api.arguments(CalloutIn)
@api.response(200, BeforeOut)
@requires(Permission.CALLOUT_SEND)
def preview_callout(args: dict[str, Any], incident_id: Any) -> dict[str, Any]:
    """What there is to know before a call-out is sent: whom, how, in which words, how soon, for how much"""
    rt = runtime()
    with rt.db.read() as db:
        incident = visible_incident(db, actor(), str(incident_id))
        actor().require(Permission.CALLOUT_SEND, incident.facility_id)
        found = before.look(db, incident, before.terms(rt.settings), rt.clock.now(), **_wanted(args))
        return before.as_data(found, rt.settings.prices.currency)


@api.route("/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>")
@api.response(200, CalloutOut)
@requires(Permission.BOARD_VIEW)
def get_callout(incident_id: Any, callout_id: Any) -> Callout:
    """One call-out with everybody asked, how far each text has come, and each answer"""
    with runtime().db.read() as db:
        return queries.visible_callout(db, actor(), str(incident_id), str(callout_id))


@api.route("/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>/stop", methods=["POST"])
@api.arguments(StopIn)
@api.response(201, CalloutOut)
@requires(Permission.CALLOUT_SEND)
def stop_callout(args: dict[str, Any], incident_id: Any, callout_id: Any) -> Response:
    """Stop a call-out; those who have not answered hear that they are not needed"""

    def stop(uow: UnitOfWork, who: Any, reason: str) -> Callout:
        queries.visible_callout(uow.session, who, str(incident_id), str(callout_id))
        return actions.stop_callout(uow, who, str(callout_id), reason=reason)

    return post(stop, CalloutOut, actor(), args["reason"])


def _wanted(args: dict[str, Any]) -> dict[str, Any]:
    held = args.pop("hold_back")
    return args | {"hold_over": runtime().settings.daily_messages if held else None}
