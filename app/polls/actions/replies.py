"""A reply by text such as `ICU 12 3 0`, when it can mean nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import MusterError
from app.facilities.models import Unit
from app.facilities.stream import take_hospitals
from app.messaging.inbox import Heard, Inbound
from app.polls import queries
from app.polls.actions.answering import answer
from app.polls.models import Poll, PollAsk
from app.polls.rules import asked_of, read_reply
from app.staffing.models import Person

log = structlog.get_logger()
Mine = tuple[Poll, PollAsk, Unit]


def take_replies(uow: UnitOfWork, inbound: list[Inbound]) -> list[Heard]:
    """Take what certainly answers a poll that stands open for that phone; all else is for others."""
    people = sorted({person for one in inbound for person in one.person_ids if one.channel == "sms"})
    mine = queries.open_asks(uow.session, people) if people else []
    if not mine:
        return [False] * len(inbound)
    read = [_read(one, mine) for one in inbound]
    take_hospitals(uow, {found[0][1].facility_id for found in read if found})
    return [_take(uow, *found) if found else False for found in read]


def _read(one: Inbound, mine: Sequence[Mine]) -> tuple[Mine, dict[str, int]] | None:
    """Which unit a text is for, the newest poll first; a code that two of its units have is not clear."""
    if one.channel != "sms":
        return None
    for poll_id in dict.fromkeys(each[0].id for each in mine):
        rows = [m for m in mine if m[0].id == poll_id and m[1].person_id in one.person_ids]
        asked = {unit.code: len(asked_of(unit.unit_class, poll.asks_for)) for poll, _, unit in rows}
        found = read_reply(one.text, asked)
        if found is not None:
            meant = [row for row in rows if row[2].code == found[0]]
            if len(meant) == 1:
                poll, _, unit = meant[0]
                metrics = asked_of(unit.unit_class, poll.asks_for)
                return meant[0], dict(zip(metrics, found[1], strict=True))
    return None


def _take(uow: UnitOfWork, mine: Mine, numbers: dict[str, int]) -> Heard:
    poll, ask, unit = mine
    person = uow.session.get_one(Person, ask.person_id)
    try:
        with uow.savepoint():
            answer(
                uow,
                Actor.person(person.id, person.name),
                poll.id,
                numbers={unit.id: numbers},
                how="text",
            )
    except MusterError as no:
        log.info("polls.reply_not_taken", why=type(no).__name__)
        return False
    return True
