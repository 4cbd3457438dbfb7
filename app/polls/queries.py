"""Reading polls and contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.messaging.models import Intent
from app.messaging.states import IntentState
from app.polls.models import BedManager, Poll, PollAnswer, PollAsk, UnitContact
from app.polls.rules import CLOSES_AFTER, MOST_NAMED, AskState, asked_of, completeness
from app.staffing.models import Person

_FAILED = (IntentState.FAILED, IntentState.EXPIRED, IntentState.REFUSED)


@dataclass(frozen=True)
class Row:
    """One unit of a poll as people see it. `numbers` by metric, those that are asked of it; None: missing."""

    ask: PollAsk
    unit: Unit
    facility: Facility
    numbers: dict[str, int | None]
    overdue: bool
    unreached: bool


def poll(session: Session, poll_id: str) -> Poll:
    found = session.get(Poll, poll_id)
    if found is None:
        raise NotFound("There is no such poll.")
    return found


def visible_poll(session: Session, actor: Actor, poll_id: str) -> Poll:
    """Raises NotFound for one of a hospital whose boards the actor may not see."""
    found = poll(session, poll_id)
    if not actor.may(Permission.BOARD_VIEW, found.facility_id):
        raise NotFound("There is no such poll.")
    return found


def open_poll(session: Session, scope: str) -> Poll | None:
    return session.scalar(sa.select(Poll).where(Poll.scope == scope, Poll.closed_at.is_(None)))


def polls(session: Session, actor: Actor, most: int = 20) -> list[Poll]:
    """Open ones first, then the newest."""
    query = sa.select(Poll).order_by(Poll.closed_at.is_not(None), Poll.started_at.desc(), Poll.id.desc())
    found = session.scalars(query.limit(most * 4))
    return [each for each in found if actor.may(Permission.BOARD_VIEW, each.facility_id)][:most]


def rows(session: Session, found: Poll, now: datetime, actor: Actor | None = None) -> list[Row]:
    """Every unit of a poll, by hospital and name; of a poll of all hospitals those that the actor may see."""
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    for each in session.scalars(sa.select(PollAnswer).where(PollAnswer.poll_id == found.id)):
        answers[each.unit_id][each.metric] = each.value
    query = (
        sa.select(PollAsk, Unit, Facility)
        .join(Unit, Unit.id == PollAsk.unit_id)
        .join(Facility, Facility.id == PollAsk.facility_id)
        .where(PollAsk.poll_id == found.id)
        .order_by(Facility.name, Unit.name)
    )
    unreached = _unreached(session, found.id)
    return [
        Row(
            ask=ask,
            unit=unit,
            facility=place,
            numbers={m: answers[unit.id].get(m) for m in asked_of(unit.unit_class, found.asks_for)},
            overdue=now > found.due_at and ask.state is not AskState.ANSWERED,
            unreached=ask.person_id in unreached and ask.state is AskState.OPEN,
        )
        for ask, unit, place in session.execute(query)
        if actor is None or actor.may(Permission.BOARD_VIEW, place.id)
    ]


def told_so_far(found: Sequence[Row], several: bool, most: int = MOST_NAMED) -> str:
    """How complete a poll is, in words; `several` hospitals are named with their units."""
    return completeness({_name(row, several): row.ask.state for row in found}, most=most)


def asks_of(session: Session, found: Poll, person_id: str) -> list[tuple[PollAsk, Unit]]:
    """What somebody may answer: their own units, and a bed manager those of the hospital."""
    managed = sa.select(BedManager.facility_id).where(BedManager.person_id == person_id)
    query = (
        sa.select(PollAsk, Unit)
        .join(Unit, Unit.id == PollAsk.unit_id)
        .where(PollAsk.poll_id == found.id)
        .where(sa.or_(PollAsk.person_id == person_id, PollAsk.facility_id.in_(managed)))
        .order_by(PollAsk.person_id != person_id, Unit.name)
    )
    return [(ask, unit) for ask, unit in session.execute(query)]


def open_asks(session: Session, person_ids: Sequence[str]) -> list[tuple[Poll, PollAsk, Unit]]:
    """What stands open for these people, the newest poll first."""
    query = (
        sa.select(Poll, PollAsk, Unit)
        .join(PollAsk, PollAsk.poll_id == Poll.id)
        .join(Unit, Unit.id == PollAsk.unit_id)
        .where(Poll.closed_at.is_(None), PollAsk.person_id.in_(person_ids))
        .order_by(Poll.started_at.desc(), Poll.id.desc())
    )
    return [(each, ask, unit) for each, ask, unit in session.execute(query)]


def given_of(session: Session, poll_id: str, unit_id: str) -> Sequence[str]:
    """Of which metrics a unit has told the number."""
    query = sa.select(PollAnswer.metric).where(PollAnswer.poll_id == poll_id, PollAnswer.unit_id == unit_id)
    return session.scalars(query).all()


def contacts(session: Session, facility_ids: Sequence[str]) -> dict[str, Person]:
    """Who is asked, by unit id; active people alone."""
    query = (
        sa.select(UnitContact.unit_id, Person)
        .join(Person, Person.id == UnitContact.person_id)
        .join(Unit, Unit.id == UnitContact.unit_id)
        .where(Unit.facility_id.in_(facility_ids), Person.active)
    )
    return dict(session.execute(query).all())


def managers(session: Session, facility_ids: Sequence[str]) -> dict[str, Person]:
    """Bed managers by hospital id; active people alone."""
    query = sa.select(BedManager.facility_id, Person).join(Person, Person.id == BedManager.person_id)
    query = query.where(BedManager.facility_id.in_(facility_ids), Person.active)
    return dict(session.execute(query).all())


def due(session: Session, now: datetime) -> tuple[Sequence[str], Sequence[str]]:
    """Polls to be chased, and polls to be closed."""
    still_open = sa.select(Poll.id).where(Poll.closed_at.is_(None)).order_by(Poll.id)
    chase = session.scalars(still_open.where(Poll.next_chase_at <= now)).all()
    return chase, session.scalars(still_open.where(Poll.due_at <= now - CLOSES_AFTER)).all()


def _unreached(session: Session, poll_id: str) -> set[str | None]:
    """People whose newest message about the poll did not arrive."""
    query = sa.select(Intent.person_id, Intent.state).where(Intent.subject_id == poll_id).order_by(Intent.id)
    newest = dict(session.execute(query).all())
    return {person_id for person_id, state in newest.items() if state in _FAILED}


def _name(row: Row, several: bool) -> str:
    return f"{row.facility.code} {row.unit.name}" if several else row.unit.name
