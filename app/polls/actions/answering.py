"""Numbers come back: by link, by text, or entered by somebody who was told them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.core.actor import Actor, Grant
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Permission, Role
from app.facilities.models import Facility, Unit
from app.polls import queries
from app.polls.actions.closing import close_when_complete
from app.polls.actions.frame import take_poll, tell
from app.polls.events import PollAnswered
from app.polls.models import Poll, PollAnswer, PollAsk
from app.polls.rules import LATE_ANSWERS, SOURCE, asked_of, state_of
from app.surge.actions import Given, enter
from app.surge.metrics import HIGHEST_VALUE

Numbers = Mapping[str, Mapping[str, int]]
"""By unit id, then by metric; what nobody told is not in it."""


@dataclass
class Answers:
    """What was taken: how many numbers, of which units, what to check; `complete`: the poll is closed with it."""

    numbers: int = 0
    units: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    complete: bool = False
    late: bool = False


def answer(uow: UnitOfWork, actor: Actor, poll_id: str, *, numbers: Numbers, how: str) -> Answers:
    """Take these numbers as readings of now, all or none.

    Who holds the poll's link answers for their units; an account needs the permission to enter readings. A poll that
    has closed lately takes numbers too; its result stays as it was. Raises Invalid by `unit_id.metric`.
    """
    found = take_poll(uow, poll_id)
    asked = _asked(uow, actor, found)
    given = {unit_id: dict(each) for unit_id, each in numbers.items() if each}
    if not given:
        raise Invalid.field("_schema", "Give at least one number.")
    if uow.now > found.due_at + LATE_ANSWERS:
        raise Conflict("This poll ended hours ago: what was counted then says nothing of now.")
    _check(found, asked, given)
    result = Answers(late=found.closed_at is not None)
    for unit_id, each in given.items():
        ask, unit = asked[unit_id]
        _keep(uow, actor, found, ask, unit, each, how)
        result.numbers += len(each)
        result.units.append(unit.name)
    if not found.exercise:
        result.warnings = _enter(uow, actor, asked, given)
    uow.session.flush()
    result.complete = close_when_complete(uow, found)
    return result


def _asked(uow: UnitOfWork, actor: Actor, found: Poll) -> dict[str, tuple[PollAsk, Unit]]:
    if actor.kind == "person":
        return {ask.unit_id: (ask, unit) for ask, unit in queries.asks_of(uow.session, found, actor.id)}
    actor.require(Permission.READING_ENTER)
    rows = queries.rows(uow.session, found, uow.now)
    return {r.unit.id: (r.ask, r.unit) for r in rows if actor.may(Permission.READING_ENTER, r.facility.id)}


def _check(found: Poll, asked: Mapping[str, tuple[PollAsk, Unit]], given: Numbers) -> None:
    errors = {}
    for unit_id, each in given.items():
        if unit_id not in asked:
            raise Forbidden("This unit is not yours to answer for in this poll.")
        metrics = asked_of(asked[unit_id][1].unit_class, found.asks_for)
        for metric, value in each.items():
            if metric not in metrics:
                raise Invalid.field(f"{unit_id}.{metric}", "is not asked here")
            if not 0 <= value <= HIGHEST_VALUE:
                errors[f"{unit_id}.{metric}"] = [f"must be a whole number from 0 to {HIGHEST_VALUE}"]
    if errors:
        raise Invalid("Some numbers cannot be right.", errors)


def _keep(
    uow: UnitOfWork, actor: Actor, found: Poll, ask: PollAsk, unit: Unit, each: Mapping[str, int], how: str
) -> None:
    for metric, value in each.items():
        uow.session.merge(
            PollAnswer(poll_id=found.id, unit_id=unit.id, metric=metric, value=value, answered_at=uow.now)
        )
    uow.session.flush()
    known = queries.given_of(uow.session, found.id, unit.id)
    ask.state = state_of(asked_of(unit.unit_class, found.asks_for), known)
    ask.answered_at, ask.answered_by, ask.how = uow.now, actor.name, how
    event = PollAnswered(
        poll_id=found.id,
        title=found.title,
        unit_id=unit.id,
        unit=unit.name,
        numbers=dict(each),
        how=how,
    )
    tell(uow, actor, [ask.facility_id], event)


def _enter(
    uow: UnitOfWork, actor: Actor, asked: Mapping[str, tuple[PollAsk, Unit]], given: Numbers
) -> list[str]:
    codes = {
        ask.facility_id: uow.session.get_one(Facility, ask.facility_id).code for ask, _ in asked.values()
    }
    readings = [
        Given(codes[asked[unit_id][0].facility_id], asked[unit_id][1].code, metric, value, uow.now, SOURCE)
        for unit_id, each in given.items()
        for metric, value in each.items()
    ]
    if actor.kind == "person":
        # Whoever is asked may enter just these.
        grants = tuple(Grant(Role.STAFF, asked[unit_id][0].facility_id) for unit_id in given)
        actor = replace(actor, grants=grants)
    entered = enter(uow, actor, readings=readings)
    if entered.refused:
        refused = readings[entered.refused[0].index]
        words = next(iter(entered.refused[0].errors.values()))[0]
        raise Invalid(f"{refused.unit}: {words}", {"_schema": [f"{refused.unit}: {words}"]})
    return entered.warnings
