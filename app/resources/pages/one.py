"""One request: what was asked, where each unit is, its story, and what one may do now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.board.picture import Picture
from app.board.reducers.requests import view
from app.board.wording import sentence
from app.core.permissions import Permission
from app.incidents.frame import zone_of
from app.incidents.models import Incident
from app.journal.queries import about
from app.resources import actions, queries, rules
from app.resources.models import ResourceRequest, StockLevel
from app.resources.pages.frame import WORDS, incident_frame, pages, seen, what, whole
from app.resources.rules import SOURCE_SAID
from app.runtime import runtime, transact
from app.web.forms import Errors, done, local_time, submitted, typed


@pages.route("/requests/<uuid:request_id>")
@requires(Permission.BOARD_VIEW)
def one(request_id: UUID) -> str:
    return _page(request_id)


@pages.route("/requests/<uuid:request_id>/approve", methods=["POST"])
@requires(Permission.REQUEST_APPROVE)
def approve(request_id: UUID) -> Any:
    """Without quantities (a press on the board): in full."""

    def act(incident_id: str) -> ResourceRequest:
        quantities = {
            name.removeprefix("quantity."): whole(name)
            for name in request.form
            if name.startswith("quantity.") and typed(name)
        }
        return transact(
            actions.approve,
            actor(),
            incident_id,
            str(request_id),
            quantities=quantities,
            note=typed("note"),
            seen=seen(),
        )

    return _step(request_id, act, "approved", "approve")


@pages.route("/requests/<uuid:request_id>/deny", methods=["POST"])
@requires(Permission.REQUEST_APPROVE)
def deny(request_id: UUID) -> Any:
    return _with_reason(request_id, actions.deny, "denied", "deny")


@pages.route("/requests/<uuid:request_id>/cancel", methods=["POST"])
@requires(Permission.REQUEST_RAISE)
def cancel(request_id: UUID) -> Any:
    return _with_reason(request_id, actions.cancel, "cancelled", "cancel")


@pages.route("/requests/<uuid:request_id>/close", methods=["POST"])
@requires(Permission.REQUEST_FULFIL)
def close(request_id: UUID) -> Any:
    return _with_reason(request_id, actions.close, "closed", "close")


@pages.route("/requests/<uuid:request_id>/fill", methods=["POST"])
@requires(Permission.REQUEST_FULFIL)
def fill(request_id: UUID) -> Any:
    def act(incident_id: str) -> ResourceRequest:
        return transact(
            actions.fill,
            actor(),
            incident_id,
            str(request_id),
            line_id=typed("line_id"),
            quantity=whole("quantity"),
            source=typed("source"),
            source_name=typed("source_name"),
            expected_at=local_time("expected_at", zone_of(UUID(incident_id))),
            seen=seen(),
        )

    return _step(request_id, act, "on its way", "fill")


@pages.route("/requests/<uuid:request_id>/fills/<uuid:fill_id>/receive", methods=["POST"])
@requires(Permission.REQUEST_FULFIL)
def receive(request_id: UUID, fill_id: UUID) -> Any:
    def act(incident_id: str) -> ResourceRequest:
        return transact(
            actions.receive,
            actor(),
            incident_id,
            str(request_id),
            fill_id=str(fill_id),
            quantity=whole("quantity"),
            seen=seen(),
        )

    return _step(request_id, act, "received", f"receive-{fill_id}")


@pages.route("/requests/<uuid:request_id>/fills/<uuid:fill_id>/fall-through", methods=["POST"])
@requires(Permission.REQUEST_FULFIL)
def fall_through(request_id: UUID, fill_id: UUID) -> Any:
    def act(incident_id: str) -> ResourceRequest:
        return transact(
            actions.fall_through,
            actor(),
            incident_id,
            str(request_id),
            fill_id=str(fill_id),
            reason=typed("reason"),
            seen=seen(),
        )

    return _step(request_id, act, "wanted again in part", f"fall-through-{fill_id}")


def _with_reason(request_id: UUID, action: Callable[..., ResourceRequest], words: str, form: str) -> Any:
    def act(incident_id: str) -> ResourceRequest:
        reason = typed("reason")
        return transact(action, actor(), incident_id, str(request_id), reason=reason, seen=seen())

    return _step(request_id, act, words, form)


def _step(request_id: UUID, act: Callable[[str], ResourceRequest], words: str, form: str) -> Any:
    """Do it and come back; `form` is where its messages belong when it cannot be done."""
    with runtime().db.read() as db:
        incident, _ = queries.visible_request(db, actor(), str(request_id))

    def work() -> Any:
        changed = act(incident.id)
        url = url_for("resources.one", request_id=request_id)
        return done(f"Request {changed.number} is {words}.", url)

    return submitted(work, lambda errors: _page(request_id, errors, form))


def _page(request_id: UUID, errors: Errors | None = None, form: str = "") -> str:
    with runtime().db.read() as db:
        incident, asked = queries.visible_request(db, actor(), str(request_id))
        return render_template(
            "resources/one.html",
            **incident_frame(db, incident, f"Request {asked.number}"),
            **WORDS,
            **_sums(db, incident, asked),
            asked=asked,
            what=what(asked),
            steps={step.value for step in rules.steps_from(asked.state)},
            story=_story(db, incident, asked),
            sources=list(SOURCE_SAID.items()),
            data=request.form,
            errors=errors or {},
            form=form,
        )


def _sums(db: Session, incident: Incident, asked: ResourceRequest) -> Mapping[str, Any]:
    skus = [line.sku for line in asked.lines if line.sku]
    levels = {sku: db.get(StockLevel, (incident.facility_id, sku)) for sku in skus}
    return {
        "levels": levels,
        "lines": {line.id: line for line in asked.lines},
        "wanting": [line for line in asked.lines if line.line.waiting],
        "outstanding": rules.outstanding(line.line for line in asked.lines),
    }


def _story(db: Session, incident: Incident, asked: ResourceRequest) -> list[dict[str, Any]]:
    picture = Picture()
    picture.requests.items[asked.id] = view(asked)
    return [
        {
            "at": entry.occurred_at,
            "text": sentence(entry.kind, entry.data, picture),
            "who": entry.actor["name"],
            "state": "act" if entry.kind == "request.overdue" else "normal",
        }
        for entry in about(db, incident.stream, f"request:{asked.id}")
    ]
