"""The simulated phones: texts that arrive, and people who answer, by hand or by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.insert import insert_once
from app.core.permissions import Permission
from app.messaging.actions.incoming import receive
from app.messaging.carriers import Outgoing
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent, Ring, SimSwitch, SimText
from app.messaging.segments import MAX_BODY
from app.messaging.simulation import AT_NIGHT_BY_TEXT, answer_plan
from app.messaging.speech import spoken
from app.messaging.states import Purpose
from app.staffing.models import ContactMethod, Person

PACES = (0, 1, 10, 60)
"""How many times faster than real people simulated ones answer; 0 is not at all."""

SEED = 1
PEOPLE = Actor.system("phones")


def arrive(uow: UnitOfWork, outgoing: Outgoing) -> str:
    """Something reaches a simulated phone or mailbox; the same attempt reaches it once.

    A call begins to ring. Returns the carrier's id for it.
    """
    calls = outgoing.channel is Channel.VOICE
    row = {
        "id": uow.new_id(),
        "number": outgoing.to,
        "channel": outgoing.channel,
        "title": outgoing.title,
        "ring": Ring.RINGING if calls else None,
        "ring_at": uow.now if calls else None,
        "mine": False,
        "body": spoken(outgoing.body) if calls else outgoing.body,
        "at": uow.now,
        "attempt_id": outgoing.attempt_id,
        "reference": outgoing.reference,
        "open": outgoing.channel is not Channel.EMAIL,
    }
    insert_once(uow.session, SimText, [row])
    query = sa.select(SimText.id).where(SimText.attempt_id == outgoing.attempt_id)
    return uow.session.scalars(query).one()


def say(uow: UnitOfWork, actor: Actor, *, person_id: str, text: str) -> str:
    """Text from a person's simulated phone, the way a carrier would bring it; returns what was made of it.

    Raises Invalid for an empty or overlong text, NotFound for somebody without a phone.
    """
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    actor.require(Permission.SIMULATOR_USE, person.facility_id)
    if not 1 <= len(text.strip()) <= MAX_BODY:
        raise Invalid.field("text", f"must have 1 to {MAX_BODY} characters")
    return _send(uow, _number_of(person), text.strip())


def set_pace(uow: UnitOfWork, actor: Actor, *, pace: int, night: bool = False) -> None:
    """Let simulated people answer by themselves, `pace` times faster than real ones; 0 stops that.

    `night`: as few of them as answer at four in the morning.
    """
    actor.require(Permission.SIMULATOR_USE)
    if pace not in PACES:
        raise Invalid.field("pace", f"must be one of {', '.join(map(str, PACES))}")
    insert_once(uow.session, SimSwitch, [{"id": 1, "pace": pace, "night": night}])
    uow.session.execute(sa.update(SimSwitch).where(SimSwitch.id == 1).values(pace=pace, night=night))


def answer_as_planned(uow: UnitOfWork, text_id: str) -> bool:
    """Let the owner of the phone deal with a text if it is time to; whether that is done.

    What is no question is read and laid aside, and so is a question that the plan leaves unanswered.
    """
    found = uow.session.execute(
        sa.select(SimText, Intent)
        .join(Attempt, Attempt.id == SimText.attempt_id)
        .join(Intent, Intent.id == Attempt.intent_id)
        .where(SimText.id == text_id)
    ).one_or_none()
    switch = uow.session.get(SimSwitch, 1)
    if found is None or switch is None or switch.pace == 0:
        return False
    sim_text, intent = found
    digit = None
    if intent.purpose is Purpose.QUESTION:
        plan = answer_plan(intent.subject_id, SEED, AT_NIGHT_BY_TEXT if switch.night else None)
        if uow.now < sim_text.at + timedelta(seconds=plan.delay_seconds / switch.pace):
            return False
        digit = plan.digit
    if not _close(uow, SimText.id == text_id):
        return False
    if digit is not None:
        _send(uow, sim_text.number, digit)
    return True


def _send(uow: UnitOfWork, number: str, text: str) -> str:
    outcome = receive(uow, number, text)
    _close(uow, sa.and_(SimText.number == number, SimText.channel == Channel.SMS))
    uow.session.add(SimText(id=uow.new_id(), number=number, mine=True, body=text, at=uow.now, open=False))
    return outcome


def _close(uow: UnitOfWork, which: sa.ColumnElement[bool]) -> int:
    closed = sa.update(SimText).where(which, SimText.open).values(open=False)
    return cast(sa.CursorResult[Any], uow.session.execute(closed)).rowcount


def _number_of(person: Person) -> str:
    numbers: list[ContactMethod] = [contact for contact in person.contacts if contact.channel == "sms"]
    if not numbers:
        raise NotFound(f"{person.name} has no phone on the roster.")
    return numbers[0].address
