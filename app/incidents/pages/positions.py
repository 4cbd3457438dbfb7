"""The chart, and one position: what it is for, who holds it, who could."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.board.picture import Picture
from app.board.wording import sentence
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.incidents import actions, catalogue, queries
from app.incidents.models import Assignment, Incident
from app.incidents.pages.frame import pages, show
from app.incidents.rules import Chart, reporting_to, responsible, span_of_control_hint
from app.journal import Entry
from app.journal.queries import about
from app.runtime import runtime, transact
from app.staffing.models import Person
from app.staffing.queries import depth_list, search
from app.web.forms import Errors, done, submitted, typed

SECTIONS = {
    "command": "Command",
    "operations": "Operations",
    "planning": "Planning",
    "logistics": "Logistics",
    "finance_admin": "Finance and administration",
}
DEPTH = {"commander": 0, "officer": 1, "section_chief": 0, "branch_director": 1}
FOUND_MOST = 20


@pages.route("/incidents/<uuid:incident_id>/positions")
@requires(Permission.BOARD_VIEW)
def positions(incident_id: UUID) -> str:
    return _chart_page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/positions", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def open_position(incident_id: UUID) -> Any:
    def act() -> Any:
        opened = transact(actions.open_position, actor(), str(incident_id), slug=typed("slug"))
        url = url_for("incidents.position", incident_id=incident_id, slug=opened.slug)
        return done(f"{opened.title} is open.", url)

    return submitted(act, lambda errors: _chart_page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/positions/<slug>")
@requires(Permission.BOARD_VIEW)
def position(incident_id: UUID, slug: str) -> str:
    return _page(incident_id, slug)


@pages.route("/incidents/<uuid:incident_id>/positions/<slug>/fill", methods=["POST"])
@requires(Permission.POSITION_ASSIGN)
def fill_position(incident_id: UUID, slug: str) -> Any:
    def act() -> Any:
        made = transact(
            actions.assign, actor(), str(incident_id), position=slug, person_id=typed("person_id")
        )
        url = url_for("incidents.position", incident_id=incident_id, slug=slug)
        return done(f"{made.person_name} is assigned.", url, warning=_double(made))

    return submitted(act, lambda errors: _page(incident_id, slug, errors))


@pages.route("/incidents/<uuid:incident_id>/positions/<slug>/relieve", methods=["POST"])
@requires(Permission.POSITION_ASSIGN)
def relieve(incident_id: UUID, slug: str) -> Any:
    def act() -> Any:
        ended = transact(
            actions.relieve,
            actor(),
            str(incident_id),
            position=slug,
            reason=typed("reason"),
            handover=typed("handover"),
        )
        url = url_for("incidents.position", incident_id=incident_id, slug=slug)
        return done(f"{ended.person_name} is relieved.", url)

    return submitted(act, lambda errors: _page(incident_id, slug, errors))


def _double(made: Assignment) -> str:
    """Nobody is given work in two incidents without somebody being told."""
    with runtime().db.read() as db:
        elsewhere = queries.held_elsewhere(db, [made.person_id], made.incident_id).get(made.person_id)
    return f"{made.person_name} also holds {', '.join(elsewhere)}." if elsewhere else ""


def _chart_page(incident_id: UUID, errors: Errors | None = None) -> str:
    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        opened = queries.positions(db, incident.id)
        chart = queries.chart(db, incident.id)
        sections = [
            (title, [_seat(each, chart, each.slug in opened) for each in _of_section(section)])
            for section, title in SECTIONS.items()
        ]
        return {
            "sections": sections,
            "unfilled": sum(chart[slug].holder is None for slug in opened),
            "opened": len(opened),
        }

    return show(incident_id, "Positions", "positions.html", fill, data=request.form, errors=errors)


def _of_section(section: str) -> Iterable[catalogue.Position]:
    return (each for each in catalogue.positions() if each.section == section)


def _seat(each: catalogue.Position, chart: Chart, is_open: bool) -> dict[str, Any]:
    seat = chart[each.slug]
    return {
        "slug": each.slug,
        "title": seat.title,
        "holder": seat.holder,
        "open": is_open,
        "depth": DEPTH.get(each.level, 2),
        "hint": span_of_control_hint(len(reporting_to(chart, each.slug))) if seat.holder else None,
    }


def _page(incident_id: UUID, slug: str, errors: Errors | None = None) -> str:
    try:
        known = catalogue.position(slug)
    except KeyError:
        raise NotFound(f"There is no HICS position {slug!r}.") from None

    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        opened = queries.positions(db, incident.id).get(slug)
        chart, held = queries.chart(db, incident.id), queries.holders(db, incident.id)
        past = about(db, incident.stream, f"position:{slug}")
        superior = chart.get(known.reports_to or "")
        return {
            "known": known,
            "opened": opened,
            "holder": held.get(slug),
            "is_command": slug == catalogue.COMMANDER,
            "superior": superior,
            "responsible": responsible(chart, slug),
            "reports": reporting_to(chart, slug),
            "hint": span_of_control_hint(len(reporting_to(chart, slug))) if slug in held else None,
            "tasks": queries.tasks(db, incident.id, position=slug),
            "titles": {},
            "history": _history(past),
            "handover": _last_handover(past),
            "choices": _choices(db, incident, slug) if opened and slug not in held else None,
            "words": request.args.get("q", "").strip(),
            "callout_url": f"/incidents/{incident.id}/callouts/new?position={slug}",
        }

    return show(incident_id, "Positions", "position.html", fill, data=request.form, errors=errors)


def _history(past: list[Entry]) -> list[dict[str, Any]]:
    return [
        {
            "at": entry.occurred_at,
            "text": sentence(entry.kind, entry.data, Picture()),
            "who": entry.actor["name"],
            "note": entry.data.get("handover"),
        }
        for entry in reversed(past)
    ]


def _last_handover(past: list[Entry]) -> dict[str, Any] | None:
    written = [entry for entry in past if entry.data.get("handover")]
    if not written:
        return None
    last = written[-1]
    return {"text": last.data["handover"], "from": last.data["person_name"], "at": last.occurred_at}


def _choices(db: Session, incident: Incident, slug: str) -> list[dict[str, Any]]:
    """Who could hold it: the depth list in its order, then whoever the search finds."""
    listed = depth_list(db, incident.facility_id, slug)
    words = request.args.get("q", "").strip()[:100]
    found: list[Person] = []
    if words and actor().may(Permission.ROSTER_VIEW, incident.facility_id):
        query = search(actor(), text=words).order_by(Person.name, Person.id).limit(FOUND_MOST)
        found = [p for p in db.scalars(query) if p not in listed]
    people = [*listed, *found]
    here = _held_here(db, incident.id)
    elsewhere = queries.held_elsewhere(db, [p.id for p in people], incident.id)
    return [
        {
            "person": person,
            "rank": listed.index(person) + 1 if person in listed else None,
            "here": here.get(person.id, []),
            "elsewhere": elsewhere.get(person.id, []),
        }
        for person in people
    ]


def _held_here(db: Session, incident_id: str) -> dict[str, list[str]]:
    opened = queries.positions(db, incident_id)
    held: dict[str, list[str]] = {}
    for slug, assignment in queries.holders(db, incident_id).items():
        held.setdefault(assignment.person_id, []).append(opened[slug].title)
    return held
