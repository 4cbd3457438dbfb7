"""The texts of a poll: one a person and round, however often this is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from app.accounts import links
from app.activation.reach import reach, unreachable
from app.core.db import UnitOfWork
from app.facilities.models import Facility, Unit
from app.messaging.actions import Wish, request_all
from app.messaging.channels import Channel
from app.messaging.states import Purpose
from app.polls import queries, texts
from app.polls.models import Poll, PollAsk
from app.polls.rules import CLOSES_AFTER, LATE_ANSWERS, AskState, asked_of
from app.staffing.models import Person

LINK = "poll"
LANE = 2
BY = (Channel.SMS, Channel.EMAIL)


def why_not(person: Person | None) -> str:
    """Why somebody cannot be asked; empty when they can."""
    if person is None:
        return "no contact and no bed manager is set"
    why = unreachable(person, BY)
    return f"{person.name} {why}" if why else ""


def send(uow: UnitOfWork, found: Poll, public_url: str, *, round_: int, managers_too: bool = False) -> int:
    """Ask everybody who has an open unit, in one text each; returns how many people. With `managers_too` bed
    managers hear which units are behind."""
    by_person: dict[str, list[tuple[PollAsk, Unit]]] = defaultdict(list)
    behind: dict[str, list[str]] = defaultdict(list)
    for row in queries.rows(uow.session, found, uow.now):
        if row.ask.state is AskState.OPEN:
            behind[row.facility.id].append(row.unit.code)
            if row.ask.person_id is not None:
                by_person[row.ask.person_id].append((row.ask, row.unit))
    wishes: list[Wish] = []
    for person_id, mine in sorted(by_person.items()):
        person, place = uow.session.get_one(Person, person_id), _place(uow, mine[0][0].facility_id)
        asked = [(unit.code, asked_of(unit.unit_class, found.asks_for)) for _, unit in mine]
        body = texts.ask(
            place.code,
            place.zone,
            found.title,
            asked,
            due_at=found.due_at,
            link=link_for(uow, found, person.id, public_url),
            exercise=found.exercise,
            again=round_ > 0,
        )
        wishes += _wish(found, person, body, round_)
    if managers_too:
        wishes += _to_managers(uow, found, behind, set(by_person), public_url, round_)
    request_all(uow, wishes)
    return len(by_person)


def link_for(uow: UnitOfWork, found: Poll, person_id: str, public_url: str) -> str:
    """The page on which this person gives numbers; empty while no address is known."""
    if not public_url:
        return ""
    expires = found.due_at + max(LATE_ANSWERS, CLOSES_AFTER)
    secret = links.make(uow, person_id=person_id, purpose=LINK, subject_id=found.id, expires_at=expires)
    return f"{public_url}/p/{secret}"


def _to_managers(
    uow: UnitOfWork,
    found: Poll,
    behind: dict[str, list[str]],
    asked: set[str],
    public_url: str,
    round_: int,
) -> Iterable[Wish]:
    managers = queries.managers(uow.session, list(behind))
    for facility_id, person in sorted(managers.items()):
        if person.id not in asked:
            place = _place(uow, facility_id)
            body = texts.behind(
                place.code,
                place.zone,
                behind[facility_id],
                due_at=found.due_at,
                link=link_for(uow, found, person.id, public_url),
                exercise=found.exercise,
            )
            yield from _wish(found, person, body, round_)


def _wish(found: Poll, person: Person, body: str, round_: int) -> Iterable[Wish]:
    contact = reach(person, channels=BY)
    if contact is None:
        return
    channel = Channel(contact.channel)
    yield Wish(
        purpose=Purpose.NOTICE.value,
        subject_id=found.id,
        stream=None,
        person_id=person.id,
        contact_id=contact.id,
        to=contact.address,
        body=body,
        key=f"poll:{found.id}:{person.id}:{round_}",
        lane=LANE,
        expires_at=found.due_at + CLOSES_AFTER,
        channel=channel,
        title=found.title if channel is Channel.EMAIL else None,
    )


def _place(uow: UnitOfWork, facility_id: str) -> Facility:
    return uow.session.get_one(Facility, facility_id)
