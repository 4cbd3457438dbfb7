"""Telling people, and asking whether they see to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.accounts import links
from app.activation.actions.reaching import lane
from app.activation.codes import Codes, codes_of
from app.activation.queries import source_of
from app.core.db import UnitOfWork
from app.escalation import bundling, people, queries, texts
from app.escalation.kinds import KINDS, Subject
from app.escalation.models import Escalation, Notice, NoticeState
from app.escalation.people import Meant
from app.escalation.steps import WEBHOOK, Step
from app.incidents.models import Incident
from app.messaging.actions import Wish, request_all, supersede
from app.messaging.channels import Channel
from app.messaging.models import Intent
from app.messaging.states import Purpose
from app.staffing.models import Person

LINK_LIFE = timedelta(hours=24)
MEMORY = "escalation notices"
"""Where a transaction that makes many steps keeps what it has read; see Memory."""
LINK = "waiting"
"""The purpose of the link to what waits for somebody."""


@dataclass
class Memory:
    """What steps of one transaction know of the people they tell: letters, and when their text goes out.

    Whatever else gives letters in the same transaction must make it be forgotten.
    """

    codes: Codes = field(default_factory=Codes)
    people: set[str] = field(default_factory=set)
    send_at: dict[str, datetime] = field(default_factory=dict)


def tell(
    uow: UnitOfWork,
    incident: Incident,
    escalation: Escalation,
    step: Step,
    subject: Subject,
    found: Meant,
    *,
    bundled: bool,
    public_url: str,
) -> list[str]:
    """Tell these people and return their names, sorted. `bundled`: in one text with others for them, if
    others come up within a moment; calls go out at once all the same."""
    if not found.people:
        return []
    known = still_told(uow, escalation)
    older = {notice.person_id: notice for notice in known}
    codes = _codes(uow, found.people)
    gathers = bundled and not KINDS[escalation.kind].life_safety and "voice" not in step.channels
    made: list[Notice] = []
    for person in found.people:
        old = older.get(person.id)
        code, _ = codes.give(person, old.code if old else None)
        if old is not None:
            old.state, old.send_at = NoticeState.OVER, None
            supersede(uow, subject_id=old.id)
        notice = _notice(uow, incident, escalation, step, subject, person, found, code)
        if gathers:
            notice.state, notice.send_at = NoticeState.GATHERING, _send_at(uow, person.id)
        uow.session.add(notice)
        made.append(notice)
        if found.turn is not None:
            people.take_turn(uow, incident.facility_id, found.turn, person)
    uow.session.flush()
    if not gathers:
        send(uow, incident, [(n, p) for n, p in zip(made, found.people, strict=True)], public_url)
    return sorted(person.name for person in found.people)


def send(uow: UnitOfWork, incident: Incident, told: Iterable[tuple[Notice, Person]], public_url: str) -> None:
    """Each in a message of its own, over each of its channels."""
    source = source_of(uow.session, incident)
    wishes: list[Wish] = []
    for notice, person in told:
        said = texts.Told(notice.title, notice.words, notice.role, notice.code if notice.asked else "")
        link = link_for(uow, person.id, public_url) if notice.asked else ""
        for channel in map(Channel, notice.channels.split()):
            contact = people.address(person, channel)
            if contact is None:
                continue
            key = f"escalation:{notice.id}:{channel.value}"
            spoken = channel is Channel.VOICE
            wishes.append(
                Wish(
                    purpose=(Purpose.QUESTION if notice.asked else Purpose.NOTICE).value,
                    subject_id=notice.id,
                    stream=incident.stream,
                    person_id=person.id,
                    contact_id=contact.id,
                    to=contact.address,
                    body=texts.spoken(source, said)
                    if spoken
                    else texts.one(source, said, key=key, link=link),
                    key=key,
                    lane=lane(incident, 0),
                    channel=channel,
                    title=source.says(notice.title) if channel is Channel.EMAIL else None,
                )
            )
    request_all(uow, wishes)


def tell_system(
    uow: UnitOfWork,
    incident: Incident,
    escalation: Escalation,
    deadline_id: str,
    step: Step,
    subject: Subject,
) -> list[str]:
    """Tell another system by its configured name."""
    assert step.do == WEBHOOK
    source = source_of(uow.session, incident)
    request_all(
        uow,
        [
            Wish(
                purpose=Purpose.NOTICE.value,
                subject_id=escalation.id,
                stream=incident.stream,
                person_id=None,
                contact_id=None,
                to=step.to,
                body=source.says(f"{subject.title}: {subject.words}"),
                key=f"escalation:{deadline_id}:{step.to}",
                lane=lane(incident, 2),
                channel=Channel.WEBHOOK,
                title=subject.title[:200],
            )
        ],
    )
    return [step.to]


def link_for(uow: UnitOfWork, person_id: str, public_url: str) -> str:
    """The address of the page with all that waits for somebody; empty while no address is known."""
    if not public_url:
        return ""
    expires = uow.now + LINK_LIFE
    secret = links.make(uow, person_id=person_id, purpose=LINK, subject_id=person_id, expires_at=expires)
    return f"{public_url}/w/{secret}"


def texts_lately(uow: UnitOfWork, person_id: str) -> Sequence[datetime]:
    """When we have written to somebody, whatever about."""
    query = sa.select(Intent.created_at).where(
        Intent.person_id == person_id, Intent.created_at > uow.now - bundling.LOOKED_BACK
    )
    return uow.session.scalars(query).all()


def still_told(uow: UnitOfWork, escalation: Escalation) -> list[Notice]:
    """Who has been told of it and may still answer."""
    return [] if escalation.told_at is None else queries.still_told(uow.session, escalation.id)


def _codes(uow: UnitOfWork, told: Sequence[Person]) -> Codes:
    """The letters of these people's phones; within steps of one transaction they are read once."""
    memory: Memory | None = uow.scratch.get(MEMORY)
    if memory is None:
        return codes_of(uow.session, told, uow.now, "")
    new = [person for person in told if person.id not in memory.people]
    if new:
        found = codes_of(uow.session, new, uow.now, "")
        for number, used in found.used.items():
            memory.codes.used[number] |= used
        for number, still_open in found.open.items():
            memory.codes.open[number] = max(memory.codes.open[number], still_open)
        memory.people |= {person.id for person in new}
    return memory.codes


def _send_at(uow: UnitOfWork, person_id: str) -> datetime:
    memory: Memory | None = uow.scratch.get(MEMORY)
    if memory is None:
        return _moment(uow, person_id)
    if person_id not in memory.send_at:
        memory.send_at[person_id] = _moment(uow, person_id)
    return memory.send_at[person_id]


def _moment(uow: UnitOfWork, person_id: str) -> datetime:
    waiting = sa.select(sa.func.min(Notice.send_at)).where(
        Notice.person_id == person_id,
        sa.text("escalation_notices.state IN ('gathering', 'open')"),
        Notice.state == NoticeState.GATHERING,
    )
    return bundling.send_at(uow.now, texts_lately(uow, person_id), uow.session.scalar(waiting))


def _notice(
    uow: UnitOfWork,
    incident: Incident,
    escalation: Escalation,
    step: Step,
    subject: Subject,
    person: Person,
    found: Meant,
    code: str,
) -> Notice:
    reached = [c for c in step.channels if people.address(person, Channel(c)) is not None]
    return Notice(
        id=uow.new_id(),
        escalation_id=escalation.id,
        incident_id=incident.id,
        person_id=person.id,
        person_name=person.name,
        role=found.role[:200],
        title=subject.title[:200],
        words=subject.words[:200],
        channels=" ".join(reached),
        turn=found.turn,
        code=code,
        asked=step.asks,
        state=NoticeState.OPEN,
        told_at=uow.now,
    )
