"""Transfer of command."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.accounts.access import actor, requires, signed_in
from app.core.permissions import Permission
from app.incidents import actions
from app.incidents.api.room import api
from app.incidents.schemas import AssignmentOut, OfferEndIn, OfferIn, OfferOut, TakeOverIn
from app.web.api import post


@api.route("/incidents/<uuid:incident_id>/command/offer", methods=["POST"])
@api.arguments(OfferIn)
@api.response(201, OfferOut)
@requires(Permission.INCIDENT_COMMAND)
def offer_command(args: dict[str, Any], incident_id: Any) -> Response:
    """Offer command, with a briefing; the commander stays until it is accepted"""
    args["person_id"] = str(args["person_id"])
    return post(actions.offer_command, OfferOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/command/accept", methods=["POST"])
@api.response(201, AssignmentOut)
@requires(Permission.INCIDENT_COMMAND)
def accept_command(incident_id: Any) -> Response:
    """Accept command that is offered to you"""
    return post(actions.accept_command, AssignmentOut, actor(), str(incident_id))


@api.route("/incidents/<uuid:incident_id>/command/decline", methods=["POST"])
@api.arguments(OfferEndIn)
@api.response(201, OfferOut)
@signed_in
def decline_command(args: dict[str, Any], incident_id: Any) -> Response:
    """Decline command that is offered to you"""
    return post(actions.decline_command, OfferOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/command/withdraw", methods=["POST"])
@api.arguments(OfferEndIn)
@api.response(201, OfferOut)
@requires(Permission.INCIDENT_COMMAND)
def withdraw_command(args: dict[str, Any], incident_id: Any) -> Response:
    """Take back an offer of command"""
    return post(actions.withdraw_command, OfferOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/command/take-over", methods=["POST"])
@api.arguments(TakeOverIn)
@api.response(201, AssignmentOut)
@requires(Permission.INCIDENT_COMMAND)
def take_over_command(args: dict[str, Any], incident_id: Any) -> Response:
    """Give command to somebody at once, because the commander cannot hand it over"""
    args["person_id"] = str(args["person_id"])
    return post(actions.take_over_command, AssignmentOut, actor(), str(incident_id), **args)
