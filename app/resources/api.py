"""/api/v1/incidents/{id}/requests and /api/v1/facilities/{code}/stock"""

from __future__ import annotations

from typing import Any

from flask import Response

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.facilities.queries import facility_by_code
from app.incidents.queries import visible_incident
from app.resources import actions, queries
from app.resources.actions import Wanted
from app.resources.models import ResourceRequest
from app.resources.schemas import (
    ApproveIn,
    CloseRequestIn,
    CountIn,
    FellThroughIn,
    FillIn,
    LevelOut,
    ReasonIn,
    ReceiveIn,
    RequestArgs,
    RequestIn,
    RequestOut,
    RequestPage,
    StockPage,
)
from app.runtime import runtime
from app.web.api import blueprint, page, post

api = blueprint("resources", "Resource requests and stock")


@api.route("/incidents/<uuid:incident_id>/requests")
@api.arguments(RequestArgs, location="query")
@api.response(200, RequestPage)
@requires(Permission.BOARD_VIEW)
def list_requests(args: dict[str, Any], incident_id: Any) -> Any:
    """Requests of an incident, in the order in which they were raised"""
    state = args.pop("state")
    with runtime().db.read() as db:
        incident = visible_incident(db, actor(), str(incident_id))
        query: Any = queries.requests(actor(), state=state, incident_id=incident.id)
        return page(db, query, ResourceRequest.id, **args)


@api.route("/incidents/<uuid:incident_id>/requests", methods=["POST"])
@api.arguments(RequestIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_RAISE)
def raise_request(args: dict[str, Any], incident_id: Any) -> Response:
    """Ask for resources"""
    args["lines"] = [Wanted(**line) for line in args["lines"]]
    return post(actions.raise_request, RequestOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>")
@api.response(200, RequestOut)
@requires(Permission.BOARD_VIEW)
def get_request(incident_id: Any, request_id: Any) -> Any:
    """One request with its lines and deliveries"""
    with runtime().db.read() as db:
        return queries.request_of(db, actor(), str(incident_id), str(request_id))


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>/approve", methods=["POST"])
@api.arguments(ApproveIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_APPROVE)
def approve(args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    """Grant a request, whole or less of some lines"""
    args["quantities"] = {str(line["line_id"]): line["quantity"] for line in args.pop("lines")}
    return _step(actions.approve, args, incident_id, request_id)


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>/deny", methods=["POST"])
@api.arguments(ReasonIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_APPROVE)
def deny(args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    """Deny a request, with the reason"""
    return _step(actions.deny, args, incident_id, request_id)


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>/fill", methods=["POST"])
@api.arguments(FillIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_FULFIL)
def fill(args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    """Send units of one line on their way, from stock or from another source"""
    args["line_id"] = str(args["line_id"])
    return _step(actions.fill, args, incident_id, request_id)


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>/receive", methods=["POST"])
@api.arguments(ReceiveIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_FULFIL)
def receive(args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    """Units of one delivery have arrived"""
    args["fill_id"] = str(args["fill_id"])
    return _step(actions.receive, args, incident_id, request_id)


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>/fall-through", methods=["POST"])
@api.arguments(FellThroughIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_FULFIL)
def fall_through(args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    """What is still on the way in one delivery does not come"""
    args["fill_id"] = str(args["fill_id"])
    return _step(actions.fall_through, args, incident_id, request_id)


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>/close", methods=["POST"])
@api.arguments(CloseRequestIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_FULFIL)
def close(args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    """End a request that was granted"""
    return _step(actions.close, args, incident_id, request_id)


@api.route("/incidents/<uuid:incident_id>/requests/<uuid:request_id>/cancel", methods=["POST"])
@api.arguments(ReasonIn)
@api.response(201, RequestOut)
@requires(Permission.REQUEST_RAISE)
def cancel(args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    """Take a request back while nothing is on its way"""
    return _step(actions.cancel, args, incident_id, request_id)


@api.route("/facilities/<code>/stock")
@api.response(200, StockPage)
@requires(Permission.BOARD_VIEW)
def list_stock(code: str) -> Any:
    """Every item of the catalogue with what the hospital has of it; always one page"""
    with runtime().db.read() as db:
        facility = facility_by_code(db, code)
        actor().require(Permission.BOARD_VIEW, facility.id)
        return {"items": queries.stock(db, facility.id), "next": None}


@api.route("/facilities/<code>/stock", methods=["POST"])
@api.arguments(CountIn)
@api.response(201, LevelOut)
@requires(Permission.REQUEST_FULFIL)
def count_stock(args: dict[str, Any], code: str) -> Response:
    """Enter a count of one item"""
    with runtime().db.read() as db:
        facility_id = facility_by_code(db, code).id
    return post(actions.count_stock, LevelOut, actor(), facility_id, **args)


def _step(action: Any, args: dict[str, Any], incident_id: Any, request_id: Any) -> Response:
    args["seen"] = args.pop("version")
    return post(action, RequestOut, actor(), str(incident_id), str(request_id), **args)
