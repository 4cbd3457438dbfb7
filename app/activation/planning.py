"""What a call-out would be, before anybody is asked: its slots, its lists, its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation import candidates, texts
from app.activation.candidates import Group, Seat
from app.activation.models import WANTING, Slot
from app.activation.queries import source_of
from app.core.errors import Invalid
from app.incidents import queries as incidents
from app.incidents.models import Incident, Position
from app.messaging.segments import Segments, segments
from app.messaging.texts import mark, marked

MOST_SLOTS = 80
MOST_NEEDED = 2000
MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Preview:
    """A slot to be with the text that is sent for it, and how many segments that takes."""

    seat: Seat
    text: str
    size: Segments


def plan(
    session: Session,
    incident: Incident,
    positions: Sequence[str],
    groups: Sequence[Group],
    at_once: int,
    now: datetime,
) -> list[Seat]:
    """The slots that a call-out would have, and whom it would ask. Raises Invalid naming what cannot be."""
    if not positions and not groups:
        raise Invalid.field("positions", "choose at least one position or one group")
    if len(positions) + len(groups) > MOST_SLOTS:
        raise Invalid.field("positions", f"at most {MOST_SLOTS} positions and groups go into one call-out")
    if not 1 <= at_once <= MOST_AT_ONCE:
        raise Invalid.field("at_once", f"must be a whole number from 1 to {MOST_AT_ONCE}")
    standing = candidates.standing(session, incident.id, now)
    seats = [
        candidates.position_seat(session, incident, position, at_once, standing)
        for position in _vacant(session, incident, positions)
    ]
    seats += [candidates.group_seat(session, incident, _checked(group), standing) for group in groups]
    candidates.choose_first(seats, standing)
    if not any(seat.listed for seat in seats):
        names = ", ".join(seat.title for seat in seats)
        raise Invalid.field("positions" if positions else "groups", f"nobody can be asked for {names}")
    return seats


def preview(
    session: Session,
    incident: Incident,
    positions: Sequence[str],
    groups: Sequence[Group],
    at_once: int,
    text: str,
    public_url: str,
    now: datetime,
) -> list[Preview]:
    """The plan with its texts, as they would be sent. Raises Invalid as sending would."""
    seats = plan(session, incident, positions, groups, at_once, now)
    source, link = source_of(session, incident), sample_link(public_url)
    extra = texts.checked_extra(source, [seat.title for seat in seats], text, link)
    return [_preview(source, seat, link, extra) for seat in seats]


def sample_link(public_url: str) -> str:
    """As long as a real one, and leading nowhere."""
    return f"{public_url}/a/{'.' * 22}"


def wanted_already(session: Session, incident_id: str) -> set[str]:
    """Positions that an open call-out still wants somebody for."""
    query = sa.select(Slot.position_slug).where(Slot.incident_id == incident_id, Slot.state.in_(WANTING))
    return {slug for slug in session.scalars(query) if slug is not None}


def _preview(source: texts.Source, seat: Seat, link: str, extra: str) -> Preview:
    text = texts.question(source, title=seat.title, code="A", tagged=False, key="", link=link, extra=extra)
    body = marked(text, mark(""))
    return Preview(seat, body, segments(body))


def _vacant(session: Session, incident: Incident, slugs: Sequence[str]) -> list[Position]:
    opened = incidents.positions(session, incident.id)
    held = incidents.holders(session, incident.id)
    wanted = wanted_already(session, incident.id)
    for slug in slugs:
        if slug not in opened:
            raise Invalid.field("positions", f"{slug!r} is not open in {incident.number}; open it first")
        title = opened[slug].title
        if slug in held:
            raise Invalid.field("positions", f"{title} is held by {held[slug].person_name}")
        if slug in wanted:
            raise Invalid.field("positions", f"{title} is called for already; ask further there")
    return [opened[slug] for slug in dict.fromkeys(slugs)]


def _checked(group: Group) -> Group:
    if bool(group.skill) == bool(group.department):
        raise Invalid.field("groups", "name either a skill or a department")
    for name, value in (("needed", group.needed), ("at_once", group.at_once)):
        if value is not None and not 1 <= value <= MOST_NEEDED:
            raise Invalid.field("groups", f"{name} must be a whole number from 1 to {MOST_NEEDED}")
    return group
