"""Sending what has been gathered for people: what is alone in its own text, several in one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.actions.reaching import lane
from app.core.db import UnitOfWork
from app.escalation import notices, people, texts
from app.escalation.models import GATHERING, Notice, NoticeState
from app.facilities.models import Facility
from app.incidents.models import Incident
from app.messaging.actions import Wish, request_all
from app.messaging.channels import Channel
from app.messaging.states import Purpose
from app.staffing.models import Person


def people_waiting(session: Session, now: object, limit: int = 200) -> Sequence[str]:
    """Ids of people for whom something gathered is to go out, who has waited longest first."""
    query = (
        sa.select(Notice.person_id)
        .where(Notice.state == GATHERING, Notice.send_at <= now)
        .group_by(Notice.person_id)
        .order_by(sa.func.min(Notice.send_at))
    )
    return session.scalars(query.limit(limit)).all()


def send_gathered(uow: UnitOfWork, person_id: str, public_url: str = "") -> int:
    """Send what has been gathered for somebody, real things and exercises apart; return how many things.

    Whoever comes second finds nothing: each row is claimed. No stream is needed, for who is told has been
    journalled when they were to be.
    """
    claimed = (
        sa.update(Notice)
        .where(Notice.person_id == person_id, Notice.state == GATHERING, Notice.send_at <= uow.now)
        .values(state=NoticeState.OPEN, send_at=None)
        .returning(Notice.id)
    )
    ids = list(uow.session.scalars(claimed))
    if not ids:
        return 0
    rows = sa.select(Notice, Incident).join(Incident, Incident.id == Notice.incident_id)
    found = uow.session.execute(rows.where(Notice.id.in_(ids)).order_by(Notice.told_at, Notice.id)).all()
    person = uow.session.get_one(Person, person_id)
    for exercise in (False, True):
        mine = [(notice, incident) for notice, incident in found if incident.exercise is exercise]
        if len(mine) == 1:
            notice, incident = mine[0]
            notices.send(uow, incident, [(notice, person)], public_url)
        elif mine:
            _send_together(uow, person, mine, exercise, public_url)
    return len(ids)


def _send_together(
    uow: UnitOfWork,
    person: Person,
    found: Sequence[tuple[Notice, Incident]],
    exercise: bool,
    public_url: str,
) -> None:
    told = [texts.Told(n.title, n.words, n.role, n.code if n.asked else "") for n, _ in found]
    told.sort(key=lambda each: (not each.code, len(each.code), each.code))
    link = notices.link_for(uow, person.id, public_url)
    bundle = uow.new_id()
    place = uow.session.get_one(Facility, found[0][1].facility_id).code
    channels = dict.fromkeys(c for n, _ in found for c in n.channels.split())
    wishes: list[Wish] = []
    for channel in map(Channel, channels):
        contact = people.address(person, channel)
        if contact is None:
            continue
        key = f"escalation-bundle:{bundle}:{channel.value}"
        wishes.append(
            Wish(
                purpose=Purpose.QUESTION.value,
                subject_id=bundle,
                stream=None,
                person_id=person.id,
                contact_id=contact.id,
                to=contact.address,
                body=texts.several(place, exercise, told, key=key, link=link),
                key=key,
                lane=lane(found[0][1], 0),
                channel=channel,
                title=f"{place}: {len(told)} things wait for you" if channel is Channel.EMAIL else None,
            )
        )
    request_all(uow, wishes)
