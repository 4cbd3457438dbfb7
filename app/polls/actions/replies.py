"""A reply by text such as `ICU 12 3 0`, when it can mean nothing else. What was understood is said back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import MusterError
from app.facilities.models import Facility, Unit
from app.facilities.stream import take_hospitals
from app.messaging.actions import request
from app.messaging.inbox import Heard, Inbound
from app.messaging.models import Intent
from app.messaging.states import Purpose
from app.polls import queries, texts
from app.polls.actions.answering import answer
from app.polls.models import Poll, PollAsk
from app.polls.rules import asked_of, code_in, read_reply
from app.staffing.models import Person

log = structlog.get_logger()
MOST_HINTS = 3
"""So often a phone is told in one poll what to reply: two machines must not write to each other."""


@dataclass(frozen=True)
class _Reply:
    """A text that begins with a unit asked of that phone; `numbers` None when it is not clear."""

    poll: Poll
    ask: PollAsk
    unit: Unit
    metrics: tuple[str, ...]
    numbers: Mapping[str, int] | None


def take_replies(uow: UnitOfWork, inbound: list[Inbound]) -> list[Heard]:
    """Take what certainly answers a poll that stands open for that phone; all else is for others."""
    people = sorted({person for one in inbound for person in one.person_ids if one.channel == "sms"})
    mine = queries.open_asks(uow.session, people) if people else []
    if not mine:
        return [False] * len(inbound)
    read = [_read(one, mine) for one in inbound]
    take_hospitals(uow, {found.ask.facility_id for found in read if found})
    return [_take(uow, one, found) if found else False for one, found in zip(inbound, read, strict=True)]


def _read(one: Inbound, mine: Sequence[tuple[Poll, PollAsk, Unit]]) -> _Reply | None:
    """Which unit a text is for, in the newest poll that has it; a code that two of its units have is not clear."""
    if one.channel != "sms":
        return None
    for poll_id in dict.fromkeys(poll.id for poll, *_ in mine):
        rows = [m for m in mine if m[0].id == poll_id and m[1].person_id in one.person_ids]
        code = code_in(one.text, [unit.code for *_, unit in rows])
        meant = [row for row in rows if row[2].code == code]
        if len(meant) == 1:
            poll, ask, unit = meant[0]
            metrics = asked_of(unit.unit_class, poll.asks_for)
            found = read_reply(one.text, {unit.code: len(metrics)})
            numbers = dict(zip(metrics, found[1], strict=True)) if found else None
            return _Reply(poll, ask, unit, metrics, numbers)
    return None


def _take(uow: UnitOfWork, one: Inbound, reply: _Reply) -> Heard:
    person = uow.session.get_one(Person, reply.ask.person_id)
    place = uow.session.get_one(Facility, reply.ask.facility_id).code
    poll, code = reply.poll, reply.unit.code
    if reply.numbers is not None:
        try:
            with uow.savepoint():
                numbers = {reply.unit.id: reply.numbers}
                answer(uow, Actor.person(person.id, person.name), poll.id, numbers=numbers, how="text")
        except MusterError as no:
            log.info("polls.reply_not_taken", why=type(no).__name__)
            return False
        _say(uow, one, person, poll, texts.taken(place, code, reply.numbers, poll.exercise), uow.new_id())
        return True
    hint = f"hint:{person.id}:"
    told = sa.select(sa.func.count()).where(
        Intent.subject_id == poll.id, Intent.key.startswith(f"poll:{poll.id}:{hint}")
    )
    nth = uow.session.scalar(told) or 0
    if nth < MOST_HINTS:
        _say(uow, one, person, poll, texts.unclear(place, code, reply.metrics, poll.exercise), f"{hint}{nth}")
    return True


def _say(uow: UnitOfWork, one: Inbound, person: Person, poll: Poll, words: str, key: str) -> None:
    request(
        uow,
        purpose=Purpose.ACK.value,
        subject_id=poll.id,
        stream=None,
        person_id=person.id,
        contact_id=None,
        to=one.from_,
        body=words,
        key=f"poll:{poll.id}:{key}",
    )
