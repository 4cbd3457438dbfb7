"""The start page and the list of incidents."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.facilities.queries import facilities
from app.incidents import catalogue, queries
from app.incidents.models import Assignment, Incident, IncidentState
from app.incidents.pages.frame import board_url, pages
from app.runtime import runtime
from app.web.forms import page_number

PAGE = 50
STATES = {"open": "Open", "closed": "Closed", "all": "All"}
KINDS = {"all": "Real and exercises", "real": "Real events", "exercise": "Exercises"}


@pages.route("/")
@requires(Permission.BOARD_VIEW)
def home() -> Any:
    """The board of the one open incident; the list when there are none or several."""
    with runtime().db.read() as db:
        running = queries.visible(actor()).where(Incident.state == IncidentState.ACTIVE).limit(2)
        found = db.scalars(running).all()
    return redirect(board_url(found[0].id) if len(found) == 1 else url_for("incidents.index"))


@pages.route("/incidents")
@requires(Permission.BOARD_VIEW)
def index() -> str:
    """Open incidents first, the newest first."""
    state = _one_of(STATES, "state", "all")
    kind = _one_of(KINDS, "kind", "all")
    words = request.args.get("q", "").strip()[:100]
    query = _filtered(queries.visible(actor()), state, kind, words)
    with runtime().db.read() as db:
        total = db.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
        number = page_number()
        order = (Incident.state, Incident.declared_at.desc(), Incident.id)  # "active" before "closed"
        rows = db.scalars(query.order_by(*order).limit(PAGE).offset((number - 1) * PAGE)).all()
        return render_template(
            "incidents/index.html",
            rows=rows,
            total=total,
            commanders=_commanders(db, [row.id for row in rows]),
            places={f.id: f for f in facilities(db)},
            guides={g.slug: g.title for g in catalogue.guides()},
            state=state,
            kind=kind,
            words=words,
            states=list(STATES.items()),
            kinds=list(KINDS.items()),
            number=number,
            count_of_pages=-(-total // PAGE),
            board_url=board_url,
        )


def _filtered(query: sa.Select[Incident], state: str, kind: str, words: str) -> sa.Select[Incident]:
    if state != "all":
        wanted = IncidentState.ACTIVE if state == "open" else IncidentState.CLOSED
        query = query.where(Incident.state == wanted)
    if kind != "all":
        query = query.where(Incident.exercise == (kind == "exercise"))
    for word in words.split()[:6]:
        query = query.where(
            sa.or_(
                Incident.name.icontains(word, autoescape=True),
                Incident.number.icontains(word, autoescape=True),
                Incident.reason.icontains(word, autoescape=True),
            )
        )
    return query


def _commanders(db: Session, incident_ids: list[str]) -> dict[str, str]:
    query = sa.select(Assignment.incident_id, Assignment.person_name).where(
        Assignment.incident_id.in_(incident_ids),
        Assignment.position_slug == catalogue.COMMANDER,
        Assignment.ended_at.is_(None),
    )
    return dict(db.execute(query).all())


def _one_of(allowed: dict[str, str], name: str, default: str) -> str:
    value = request.args.get(name, default)
    return value if value in allowed else default
