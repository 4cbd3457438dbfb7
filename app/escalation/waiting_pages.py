"""All that waits for somebody in an incident, and the page behind the link in a text about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g, render_template, url_for
from sqlalchemy.orm import Session

from app.accounts import links
from app.accounts.access import actor, public, requires
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.escalation import actions, queries, texts
from app.escalation.frame import pages, whole
from app.escalation.kinds import KINDS
from app.escalation.notices import LINK
from app.escalation.wording import NEXT
from app.facilities.queries import facility
from app.incidents import queries as incidents
from app.incidents.actions import report_situation
from app.incidents.frame import frame
from app.incidents.models import Incident
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

LABELS = {"minutes": "For how many minutes", "reason": "Reason", "position": "To", "text": "Report"}
TITLE = "Waiting"
ANSWERED = {"sees_to_it": "sees to it", "handed_on": "handed it on", "cannot": "cannot"}


@pages.route("/incidents/<uuid:incident_id>/waiting")
@requires(Permission.BOARD_VIEW)
def waiting(incident_id: UUID) -> str:
    return _page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/waiting/<uuid:escalation_id>/take", methods=["POST"])
@requires(Permission.TASK_WORK)
def take(incident_id: UUID, escalation_id: UUID) -> Any:
    def act() -> Any:
        taken = transact(actions.take_over, actor(), _of(incident_id, escalation_id))
        return done(f"{taken.title} is with {taken.owner}.", _url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors, escalation_id))


@pages.route("/incidents/<uuid:incident_id>/waiting/<uuid:escalation_id>/hand-on", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def hand_on(incident_id: UUID, escalation_id: UUID) -> Any:
    """`position`: to whoever holds it; without, the next step comes at once."""

    def act() -> Any:
        found = _of(incident_id, escalation_id)
        to, url = typed("position") or None, runtime().settings.public_url
        handed = transact(actions.hand_on, actor(), found, position=to, public_url=url)
        return done(f"{handed.title} is handed on.", _url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors, escalation_id))


@pages.route("/incidents/<uuid:incident_id>/waiting/<uuid:escalation_id>/shelve", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def shelve(incident_id: UUID, escalation_id: UUID) -> Any:
    def act() -> Any:
        minutes = whole("minutes", typed("minutes"))
        found = _of(incident_id, escalation_id)
        put = transact(actions.shelve, actor(), found, minutes=minutes, reason=typed("reason"))
        return done(f"{put.title} is put aside.", _url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors, escalation_id))


@pages.route("/incidents/<uuid:incident_id>/waiting/<uuid:escalation_id>/unshelve", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def unshelve(incident_id: UUID, escalation_id: UUID) -> Any:
    def act() -> Any:
        back = transact(actions.unshelve, actor(), _of(incident_id, escalation_id))
        return done(f"{back.title} waits again.", _url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors, escalation_id))


@pages.route("/incidents/<uuid:incident_id>/report", methods=["POST"])
@requires(Permission.JOURNAL_NOTE)
def report(incident_id: UUID) -> Any:
    def act() -> Any:
        transact(report_situation, actor(), str(incident_id), text=typed("text"))
        return done("Situation report given.", _url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/w/<secret>")
@public("the link in a text is the key; looking at it answers nothing")
def mine(secret: str) -> str:
    return _mine(secret)


@pages.route("/w/<secret>", methods=["POST"])
@public("the link in a text is the key")
def answer(secret: str) -> Any:
    def act() -> Any:
        said = transact(_answer_by_link, secret, typed("notice"), typed("digit"))
        return done(said.message, url_for("escalation.mine", secret=secret))

    return submitted(act, lambda errors: _mine(secret, errors))


def _answer_by_link(uow: UnitOfWork, secret: str, notice_id: str, digit: str) -> actions.Said:
    link = links.open_link(uow.session, secret, LINK, uow.now)
    notice = queries.notice(uow.session, notice_id)
    if notice.person_id != link.person_id:
        raise NotFound("There is no such notice.")
    who = Actor.person(notice.person_id, notice.person_name)
    return actions.answer(uow, who, notice.id, digit=digit, channel="link")


def _mine(secret: str, errors: Errors | None = None) -> str:
    rt = runtime()
    with rt.db.read() as db:
        link = links.open_link(db, secret, LINK, rt.clock.now())
        found = queries.open_notices(db, [link.person_id])
        by_incident = {n.incident_id: incidents.incident(db, n.incident_id) for n in found}
        held = queries.owned_by(db, link.person_id)
        places = {i.facility_id: facility(db, i.facility_id) for i in by_incident.values()}
        place = next(iter(places.values()), None)
        if place is not None:
            g.zone = place.zone
        return render_template(
            "escalation/mine.html",
            secret=secret,
            rows=[(n, by_incident[n.incident_id]) for n in found],
            held=held,
            place=place.code if place else "",
            exercise=bool(by_incident) and all(i.exercise for i in by_incident.values()),
            choices=texts.MEANING,
            errors=errors or {},
        )


def _of(incident_id: UUID, escalation_id: UUID) -> str:
    """The id, if it is of this incident."""
    with runtime().db.read() as db:
        found = queries.escalation_by_id(db, str(escalation_id))
        if found.incident_id != str(incident_id):
            raise NotFound("There is nothing of that kind that waits here.")
    return found.id


def _page(incident_id: UUID, errors: Errors | None = None, at: UUID | None = None) -> str:
    with runtime().db.read() as db:
        incident = incidents.visible_incident(db, actor(), str(incident_id))
        rows = [_row(db, each) for each in queries.waiting_in(db, incident.id)]
        return render_template(
            "escalation/waiting.html",
            **frame(db, incident, TITLE),
            rows=rows,
            holders=_holders(db, incident),
            last_report=incidents.last_report(db, incident),
            errors=errors or {},
            at=str(at) if at else None,
            labels=LABELS,
        )


def _row(db: Session, each: queries.Waiting) -> dict[str, Any]:
    kind = KINDS[each.escalation.kind]
    return {
        "item": each.escalation,
        "kind": kind,
        "next": NEXT.get(each.next.do) if each.next else None,
        "next_at": each.next.due_at if each.next else None,
        "told": [(n, ANSWERED.get(n.answer or "", "")) for n in queries.notices_of(db, each.escalation.id)],
    }


def _holders(db: Session, incident: Incident) -> list[tuple[str, str]]:
    titles = incidents.positions(db, incident.id)
    held = incidents.holders(db, incident.id)
    return [(slug, f"{titles[slug].title}: {held[slug].person_name}") for slug in titles if slug in held]


def _url(incident_id: UUID) -> str:
    return url_for("escalation.waiting", incident_id=incident_id)
