"""Calling people in, watching them answer, and the page behind the link in a text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts import links
from app.accounts.access import actor, public, requires
from app.activation import actions, candidates, planning, queries
from app.activation.candidates import Group
from app.activation.models import WANTING, QuestionState, Slot
from app.activation.rules import SAID, expected_at, tally
from app.activation.texts import MOST_EXTRA
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.incidents import queries as incidents
from app.incidents.frame import frame
from app.incidents.models import Incident
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

pages = Blueprint("activation", __name__)

LABELS = {
    "positions": "Positions",
    "group": "Group",
    "needed": "How many are needed",
    "at_once": "Asked together",
    "text": "Added to the text",
    "reason": "Reason",
    "digit": "Answer",
}
TITLE = "Call-outs"


@pages.route("/incidents/<uuid:incident_id>/callouts")
@requires(Permission.BOARD_VIEW)
def index(incident_id: UUID) -> str:
    with runtime().db.read() as db:
        incident = incidents.visible_incident(db, actor(), str(incident_id))
        found = list(db.scalars(queries.callouts_of(incident.id)))
        rows = [{"callout": c, "slots": [(s, tally(s.questions)) for s in c.slots]} for c in reversed(found)]
        return render_template("activation/index.html", **frame(db, incident, TITLE), rows=rows)


@pages.route("/incidents/<uuid:incident_id>/callouts/new")
@requires(Permission.CALLOUT_SEND)
def new(incident_id: UUID) -> str:
    return _form(incident_id, {"positions": request.args.getlist("position"), "at_once": "1"})


@pages.route("/incidents/<uuid:incident_id>/callouts/new", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def send(incident_id: UUID) -> Any:
    """Without `send` the preview, with it the call-out."""
    data = {name: typed(name) for name in ("group", "needed", "at_once", "text")}
    chosen: dict[str, Any] = data | {"positions": request.form.getlist("positions")}

    def act() -> Any:
        wanted = _wanted(chosen)
        url = runtime().settings.public_url
        if not typed("send"):
            with runtime().db.read() as db:
                incident = incidents.visible_incident(db, actor(), str(incident_id))
                shown = planning.preview(db, incident, public_url=url, now=runtime().clock.now(), **wanted)
                return _preview(db, incident, chosen, shown)
        callout = transact(actions.open_callout, actor(), str(incident_id), public_url=url, **wanted)
        here = url_for("activation.show", incident_id=incident_id, callout_id=callout.id)
        return done("Call-out sent.", here)

    return submitted(act, lambda errors: _form(incident_id, chosen, errors))


@pages.route("/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>")
@requires(Permission.BOARD_VIEW)
def show(incident_id: UUID, callout_id: UUID) -> str:
    return _board(incident_id, callout_id)


@pages.route("/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>/stop", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def stop(incident_id: UUID, callout_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.stop_callout, actor(), str(callout_id), reason=typed("reason"))
        return done("Call-out stopped.", _url(incident_id, callout_id))

    return submitted(act, lambda errors: _board(incident_id, callout_id, errors))


@pages.route(
    "/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>/slots/<uuid:slot_id>", methods=["POST"]
)
@requires(Permission.CALLOUT_SEND)
def ask(incident_id: UUID, callout_id: UUID, slot_id: UUID) -> Any:
    """`again` begins the list again; else the next on it is asked."""

    def act() -> Any:
        action = actions.ask_again if typed("again") else actions.ask_next
        asked = transact(action, actor(), str(slot_id))
        return done(f"{asked} asked.", _url(incident_id, callout_id))

    return submitted(act, lambda errors: _board(incident_id, callout_id, errors))


@pages.route(
    "/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>/questions/<uuid:question_id>", methods=["POST"]
)
@requires(Permission.CALLOUT_SEND)
def take_down(incident_id: UUID, callout_id: UUID, question_id: UUID) -> Any:
    """An answer that somebody gave by telephone or at the door."""

    def act() -> Any:
        given = transact(actions.answer, actor(), str(question_id), digit=typed("digit"), channel="by_hand")
        return done(f"{given.question.person_name}: {_said(given.outcome)}.", _url(incident_id, callout_id))

    return submitted(act, lambda errors: _board(incident_id, callout_id, errors))


@pages.route("/incidents/<uuid:incident_id>/messages/<uuid:message_id>/read", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def read_message(incident_id: UUID, message_id: UUID) -> Any:
    """Somebody has read what a person wrote, and sees to it."""

    def act() -> Any:
        message = transact(actions.mark_read, actor(), str(incident_id), str(message_id))
        return done("Marked as read.", _url(incident_id, UUID(message.callout_id)))

    return submitted(act, lambda errors: _board(incident_id, message_id, errors))


@pages.route("/a/<secret>")
@public("the link in a text is the key; looking at it answers nothing")
def answer_page(secret: str) -> str:
    return _answer_page(secret)


@pages.route("/a/<secret>", methods=["POST"])
@public("the link in a text is the key")
def answer(secret: str) -> Any:
    def act() -> Any:
        given = transact(_answer_by_link, secret, typed("digit"))
        return done(given.message, url_for("activation.answer_page", secret=secret))

    return submitted(act, lambda errors: _answer_page(secret, errors))


def _answer_by_link(uow: UnitOfWork, secret: str, digit: str) -> actions.Given:
    link = links.open_link(uow.session, secret, "answer", uow.now)
    asked, _, _ = queries.newest_question(uow.session, link.subject_id)
    who = Actor.person(asked.person_id, asked.person_name)
    return actions.answer(uow, who, asked.id, digit=digit, channel="link")


def _answer_page(secret: str, errors: Errors | None = None) -> str:
    rt = runtime()
    with rt.db.read() as db:
        link = links.open_link(db, secret, "answer", rt.clock.now())
        asked, slot, incident = queries.newest_question(db, link.subject_id)
        source = queries.source_of(db, incident)
        g.zone = source.zone
        return render_template(
            "activation/answer.html",
            secret=secret,
            question=asked,
            slot=slot,
            incident=incident,
            place=source.facility_code,
            exercise=incident.exercise,
            choices=SAID,
            expected_at=expected_at(asked),
            open=asked.state is QuestionState.OPEN,
            errors=errors or {},
        )


def _wanted(chosen: dict[str, Any]) -> dict[str, Any]:
    return {
        "positions": chosen["positions"],
        "groups": [_group(chosen)] if chosen["group"] else [],
        "at_once": _number("at_once", chosen["at_once"], planning.MOST_AT_ONCE),
        "text": chosen["text"],
    }


def _group(chosen: dict[str, Any]) -> Group:
    by, _, name = chosen["group"].partition(":")
    if by not in ("skill", "department") or not name:
        raise Invalid.field("group", "choose one of the list")
    needed = _number("needed", chosen["needed"], planning.MOST_NEEDED)
    return Group(name, None, needed) if by == "skill" else Group(None, name, needed)


def _number(name: str, text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise Invalid.field(name, f"must be a whole number from 1 to {most}")
    return int(text)


def _form(incident_id: UUID, data: dict[str, Any], errors: Errors | None = None) -> str:
    errors = {("group" if name == "groups" else name): words for name, words in (errors or {}).items()}
    with runtime().db.read() as db:
        incident = incidents.visible_incident(db, actor(), str(incident_id))
        return render_template(
            "activation/new.html",
            **frame(db, incident, TITLE),
            positions=_positions(db, incident),
            groups=_groups(db, incident),
            data=data,
            errors=errors,
            labels=LABELS,
            most_extra=MOST_EXTRA,
        )


def _preview(db: Session, incident: Incident, data: dict[str, Any], shown: list[planning.Preview]) -> str:
    return render_template(
        "activation/preview.html",
        **frame(db, incident, TITLE),
        shown=shown,
        data=data,
        people=sum(len(one.seat.first) for one in shown),
        segments=sum(len(one.seat.first) * one.size.count for one in shown),
    )


def _positions(db: Session, incident: Incident) -> list[tuple[str, str, str]]:
    """Open positions that nobody holds and nobody is called for, with the length of their lists."""
    held = incidents.holders(db, incident.id)
    wanted = planning.wanted_already(db, incident.id)
    sizes = candidates.depths(db, incident.facility_id)
    free = [p for s, p in incidents.positions(db, incident.id).items() if s not in held and s not in wanted]
    free.sort(key=lambda p: (p.section, p.title))
    return [(p.slug, p.title, f"{sizes.get(p.slug, 0)} on the list") for p in free]


def _groups(db: Session, incident: Incident) -> list[tuple[str, str]]:
    skills = candidates.skills(db, incident.facility_id)
    departments = candidates.departments(db, incident.facility_id)
    by_skill = [(f"skill:{slug}", f"{candidates.readable(slug)} ({number})") for slug, number in skills]
    return by_skill + [
        (f"department:{name}", f"{name}, department ({number})") for name, number in departments
    ]


def _board(incident_id: UUID, callout_id: UUID, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        callout = queries.visible_callout(db, actor(), str(incident_id), str(callout_id))
        incident = incidents.incident(db, callout.incident_id)
        sizes = queries.list_sizes(db, callout.id)
        return render_template(
            "activation/callout.html",
            **frame(db, incident, TITLE),
            callout=callout,
            slots=[_slot(slot, sizes.get(slot.id, 0)) for slot in callout.slots],
            wanting=any(slot.state in WANTING for slot in callout.slots),
            choices=[(digit, f"{digit} {meaning}") for digit, meaning in SAID.items()],
            errors=errors or {},
            labels=LABELS,
        )


def _slot(slot: Slot, listed: int) -> dict[str, Any]:
    standing = [q for q in slot.questions if q.state is not QuestionState.REPLACED]
    standing.sort(key=lambda q: (q.outcome is None, q.asked_at, q.person_name))
    return {
        "slot": slot,
        "listed": listed,
        "tally": tally(standing),
        "wanting": slot.state in WANTING,
        "asked": [{"question": q, "said": _said(q.outcome), "expected_at": expected_at(q)} for q in standing],
    }


def _said(outcome: str | None) -> str:
    words = {
        "coming": "comes",
        "cannot_come": "cannot come",
        "not_needed": "would come, not needed",
        "over": "answered after the end",
    }
    return words[outcome] if outcome else "no answer yet"


def _url(incident_id: UUID, callout_id: UUID) -> str:
    return url_for("activation.show", incident_id=incident_id, callout_id=callout_id)
