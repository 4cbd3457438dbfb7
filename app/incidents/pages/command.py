"""Transfer of command, and the activation level."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires, signed_in
from app.accounts.queries import people_who_may
from app.board.picture import Picture
from app.board.wording import sentence
from app.core.clock import local
from app.core.permissions import Permission
from app.facilities.queries import facility
from app.incidents import actions, queries
from app.incidents.catalogue import COMMANDER
from app.incidents.models import Incident, ObjectiveState
from app.incidents.pages.declare import LEVELS
from app.incidents.pages.frame import pages, show
from app.journal.queries import about
from app.runtime import runtime, transact
from app.staffing.models import Person
from app.staffing.queries import depth_list
from app.web.forms import Errors, done, submitted, typed


@pages.route("/incidents/<uuid:incident_id>/command")
@requires(Permission.BOARD_VIEW)
def command(incident_id: UUID) -> str:
    return _page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/command/offer", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def offer_command(incident_id: UUID) -> Any:
    def act() -> Any:
        offer = transact(
            actions.offer_command,
            actor(),
            str(incident_id),
            person_id=typed("person_id"),
            briefing=typed("briefing"),
        )
        message = f"Command is offered to {offer.to_person_name}. You hold it until it is accepted."
        return done(message, url_for("incidents.command", incident_id=incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/command/accept", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def accept_command(incident_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.accept_command, actor(), str(incident_id))
        return done("You hold command.", url_for("incidents.command", incident_id=incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/command/decline", methods=["POST"])
@signed_in
def decline_command(incident_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.decline_command, actor(), str(incident_id), reason=typed("reason"))
        return done("Declined.", url_for("incidents.command", incident_id=incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/command/withdraw", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def withdraw_command(incident_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.withdraw_command, actor(), str(incident_id), reason=typed("reason"))
        return done("The offer is withdrawn.", url_for("incidents.command", incident_id=incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/command/take-over", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def take_over_command(incident_id: UUID) -> Any:
    def act() -> Any:
        made = transact(
            actions.take_over_command,
            actor(),
            str(incident_id),
            person_id=typed("person_id"),
            reason=typed("reason"),
        )
        message = f"{made.person_name} holds command."
        return done(message, url_for("incidents.command", incident_id=incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/level")
@requires(Permission.INCIDENT_COMMAND)
def level(incident_id: UUID) -> str:
    return _level(incident_id)


@pages.route("/incidents/<uuid:incident_id>/level", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def change_level(incident_id: UUID) -> Any:
    def act() -> Any:
        changed = transact(
            actions.change_level,
            actor(),
            str(incident_id),
            activation_level=typed("activation_level"),
            reason=typed("reason"),
        )
        message = f"Activation is now {changed.activation_level.value}."
        return done(message, url_for("incidents.command", incident_id=incident_id))

    return submitted(act, lambda errors: _level(incident_id, errors))


def _page(incident_id: UUID, errors: Errors | None = None) -> str:
    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        commander = queries.holders(db, incident.id)[COMMANDER]
        offer = queries.open_offer(db, incident.id)
        me = actor().person_id
        past = about(db, incident.stream, f"position:{COMMANDER}")
        return {
            "commander": commander,
            "offer": offer,
            "i_command": commander.person_id == me,
            "offered_to_me": offer is not None and offer.to_person_id == me,
            "candidates": _candidates(db, incident, commander.person_id),
            "draft": _draft(db, incident),
            "history": [
                {"at": e.occurred_at, "text": sentence(e.kind, e.data, Picture()), "who": e.actor["name"]}
                for e in reversed(past)
            ],
        }

    return show(incident_id, "Command", "command.html", fill, data=request.form, errors=errors)


def _level(incident_id: UUID, errors: Errors | None = None) -> str:
    def fill(_db: Session, _incident: Incident) -> dict[str, Any]:
        return {"levels": LEVELS}

    return show(incident_id, "Command", "level.html", fill, data=request.form, errors=errors)


def _candidates(db: Session, incident: Incident, commander_id: str) -> list[tuple[str, str]]:
    """Those whose account may command here, the depth list's order first."""
    able = people_who_may(db, Permission.INCIDENT_COMMAND, incident.facility_id) - {commander_id}
    query = sa.select(Person).where(Person.id.in_(able), Person.active).order_by(Person.name)
    people = {person.id: person for person in db.scalars(query)}
    first = [p.id for p in depth_list(db, incident.facility_id, COMMANDER) if p.id in people]
    order = [*first, *(i for i in people if i not in first)]
    return [(i, f"{people[i].name}, {people[i].job_title}") for i in order]


def _draft(db: Session, incident: Incident) -> str:
    """A briefing to write on, along the headings of the ICS 201: the rest the commander knows."""
    now = local(runtime().clock.now(), facility(db, incident.facility_id).zone)
    goals = [
        o.text.rstrip(".") for o in queries.objectives(db, incident.id) if o.state is ObjectiveState.OPEN
    ]
    held = queries.holders(db, incident.id)
    opened = queries.positions(db, incident.id)
    waiting = queries.tasks(db, incident.id, state="open")
    return "\n".join(
        [
            f"Situation at {now:%H:%M}: ",
            "Objectives: " + "; ".join(goals),
            f"Organization: {len(held)} of {len(opened)} positions filled",
            f"Work under way: {len(waiting)} open tasks, {sum(t.overdue for t in waiting)} overdue. ",
            "Resources ordered and needed: ",
            "Hazards and constraints: ",
            "Outlook: ",
        ]
    )
