"""A level is recommended, nobody decides, and no incident is open in which that would escalate: whoever is on call is
told by the hospital's own policy for such alarms.

There is no chart of command outside an incident: for a position, those on its depth list stand in, one after another.
What is told wants no reply by text; the decision, on the page of the link, is the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from app.activation.texts import Source
from app.alarms.models import AlarmCall
from app.alarms.waiting import next_call, setting, undecided
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.escalation import people, texts
from app.escalation.planner import Due, passed_over
from app.escalation.queries import policy_for
from app.escalation.steps import WEBHOOK, Policy, Step
from app.facilities.models import Facility
from app.facilities.stream import stream_of, take_hospitals
from app.incidents.catalogue import COMMANDER, positions
from app.journal import append
from app.messaging.actions import Wish, request_all, supersede
from app.messaging.channels import Channel
from app.messaging.models import Intent
from app.messaging.states import Purpose
from app.staffing.duty import on_leave
from app.staffing.models import Person
from app.staffing.queries import on_duty
from app.surge.events import SurgeCalled
from app.surge.models import Recommendation

ENGINE = Actor.system("alarms")
KIND = "alarm"


def call(uow: UnitOfWork, facility_id: str, public_url: str = "") -> int:
    """Do the step that has come for what this hospital has not decided; return how many were done."""
    take_hospitals(uow, [facility_id])
    facility = uow.session.get_one(Facility, facility_id)
    policy = policy_for(uow.session, facility_id, KIND)
    done = 0
    for found in undecided(uow.session, facility_id):
        due = next_call(uow.session, found, policy, facility.zone, uow.now)
        if due is not None and due.due_at <= uow.now:
            _step(uow, facility, found, policy, due, public_url)
            done += 1
    return done


def take_back(uow: UnitOfWork, recommendation_id: str) -> None:
    """Somebody has decided, or it is over: what has not gone out does not."""
    for call_id in uow.session.scalars(
        sa.select(AlarmCall.id).where(AlarmCall.recommendation_id == recommendation_id)
    ).all():
        supersede(uow, subject_id=call_id)


def _step(
    uow: UnitOfWork, facility: Facility, found: Recommendation, policy: Policy, due: Due, public_url: str
) -> None:
    step, where = policy.steps[due.step], setting(facility.zone)
    role, told = "", list[Person]()
    if step.tells and step.do != WEBHOOK and not passed_over(policy, due.step, uow.now, where):
        role, told = _meant(uow, facility, step, _told_before(uow, found.id))
    made = AlarmCall(
        id=uow.new_id(),
        recommendation_id=found.id,
        step=due.step,
        round=due.round,
        due_at=due.due_at,
        at=uow.now,
    )
    uow.session.add(made)
    uow.session.flush()
    request_all(uow, _wishes(made, facility, found, step, role, told, public_url))
    names = sorted(person.name for person in told) or ([step.to] if step.do == WEBHOOK else [])
    if names:
        called = SurgeCalled(
            recommendation_id=found.id,
            label=found.label,
            role=role or "another system",
            told=names,
            asked=bool(told) and step.asks,
            late_seconds=int((uow.now - due.due_at).total_seconds()),
        )
        append(uow, stream_of(facility.id), ENGINE, called)


def _meant(
    uow: UnitOfWork, facility: Facility, step: Step, before: Collection[str]
) -> tuple[str, list[Person]]:
    """Whom a step means, who is not on leave and can be reached; where there is nobody, the next who would command."""
    away = set(uow.session.scalars(on_leave(uow.now)))
    for role, listed, all_of_them in _candidates(uow, facility, step):
        reached = [
            person
            for person in listed
            if person.id not in away and any(people.address(person, Channel(c)) for c in step.channels)
        ]
        if reached:
            new = [person for person in reached if person.id not in before]
            return role, reached if all_of_them else (new or reached)[:1]
    return "", []


def _candidates(
    uow: UnitOfWork, facility: Facility, step: Step
) -> Sequence[tuple[str, Sequence[Person], bool]]:
    def listed(slug: str) -> tuple[str, Sequence[Person], bool]:
        title = next((each.title for each in positions() if each.slug == slug), slug)
        return f"on call as {title}", people.members(uow, facility.id, f"depth:{slug}"), False

    commander = listed(COMMANDER)
    if step.do == "tell_role":
        return listed(step.to), commander
    if step.do == "tell_on_duty" and step.to:
        duty = on_duty(uow.session, facility.id, step.to, uow.now)
        return (f"on duty in {step.to}", duty[: people.MOST_OF_A_LIST], True), commander
    if step.do in ("tell_all", "tell_in_turn"):
        words = people.list_words(step.to)
        mine = people.members(uow, facility.id, step.to)
        return (f"one of {words}", mine, step.do == "tell_all"), commander
    return (commander,)


def _told_before(uow: UnitOfWork, recommendation_id: str) -> set[str]:
    calls = sa.select(AlarmCall.id).where(AlarmCall.recommendation_id == recommendation_id)
    told = sa.select(Intent.person_id).where(Intent.subject_id.in_(calls), Intent.person_id.is_not(None))
    return {person_id for person_id in uow.session.scalars(told) if person_id is not None}


def _wishes(
    made: AlarmCall,
    facility: Facility,
    found: Recommendation,
    step: Step,
    role: str,
    told: Sequence[Person],
    public_url: str,
) -> list[Wish]:
    source = Source(facility.code, "surge", "", False, facility.zone)
    said = texts.Told(f"{found.label} recommended", f"{found.because}. Nobody has decided.", role, "")
    link = f"{public_url}/capacity/recommendations/{found.id}" if public_url else ""
    wishes = []
    if step.do == WEBHOOK:
        words = source.says(f"{said.title}: {said.words}")
        wishes.append(_wish(made, None, None, step.to, words, Channel.WEBHOOK, said.title))
    for person in told:
        for channel in map(Channel, step.channels):
            contact = people.address(person, channel)
            if contact is not None:
                key = _key(made, person.id, channel)
                text = texts.one(source, said, key=key, link=link)
                text = texts.spoken(source, said) if channel is Channel.VOICE else text
                title = source.says(said.title) if channel is Channel.EMAIL else None
                wishes.append(_wish(made, person.id, contact.id, contact.address, text, channel, title))
    return wishes


def _wish(
    made: AlarmCall,
    person_id: str | None,
    contact_id: str | None,
    to: str,
    body: str,
    channel: Channel,
    title: str | None,
) -> Wish:
    return Wish(
        purpose=Purpose.NOTICE.value,
        subject_id=made.id,
        stream=None,
        person_id=person_id,
        contact_id=contact_id,
        to=to,
        body=body,
        key=_key(made, person_id or to, channel),
        channel=channel,
        title=title[:200] if title else None,
    )


def _key(made: AlarmCall, to: str, channel: Channel) -> str:
    return f"surge:{made.id}:{to}:{channel.value}"
