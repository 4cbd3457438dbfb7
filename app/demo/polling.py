"""Simulated people answer polls as they answer texts: after a while, and some never."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.facilities.models import Unit
from app.messaging.models import SimSwitch
from app.messaging.simulation import AT_NIGHT_BY_TEXT, answer_plan
from app.polls.actions import answer
from app.polls.models import Poll, PollAsk
from app.polls.rules import AskState, asked_of
from app.surge.models import LatestReading

SEED = 1


def due(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Poll and unit of those who answer now; nobody while simulated people are told to be silent."""
    switch = session.get(SimSwitch, 1)
    if switch is None or switch.pace == 0:
        return []
    query = (
        sa.select(Poll.id, Poll.started_at, PollAsk.unit_id)
        .join(PollAsk, PollAsk.poll_id == Poll.id)
        .where(Poll.closed_at.is_(None), PollAsk.state == AskState.OPEN, PollAsk.person_id.is_not(None))
        .order_by(Poll.id, PollAsk.unit_id)
    )
    found = []
    for poll_id, started_at, unit_id in session.execute(query):
        plan = answer_plan(f"{poll_id}:{unit_id}", SEED, AT_NIGHT_BY_TEXT if switch.night else None)
        if plan.digit and now >= started_at + timedelta(seconds=plan.delay_seconds / switch.pace):
            found.append((poll_id, unit_id))
    return found


def answer_one(uow: UnitOfWork, poll_id: str, unit_id: str) -> None:
    """With numbers near those known last."""
    poll, unit = uow.session.get_one(Poll, poll_id), uow.session.get_one(Unit, unit_id)
    ask = uow.session.get_one(PollAsk, (poll_id, unit_id))
    if poll.closed_at is not None or ask.person_id is None or ask.state is not AskState.OPEN:
        return
    rows = sa.select(LatestReading.metric, LatestReading.value).where(LatestReading.unit_id == unit_id)
    known = dict(uow.session.execute(rows).all())
    numbers = {
        metric: _near(metric, unit, known, Random(f"{poll_id}:{unit_id}:{metric}"))
        for metric in asked_of(unit.unit_class, poll.asks_for)
    }
    who = Actor.person(ask.person_id, ask.person_name)
    answer(uow, who, poll_id, numbers={unit_id: numbers}, how="link")


def _near(metric: str, unit: Unit, known: Mapping[str, int], chance: Random) -> int:
    """Occupied beds move by one at most; what nobody has ever counted is made up."""
    if metric == "occupied_beds":
        usual = known.get(metric, unit.staffed_beds * 4 // 5)
        return max(0, min(unit.physical_beds, usual + chance.choice((-1, 0, 0, 1))))
    made_up = {"staffed_beds": unit.staffed_beds, "ed_patients": unit.staffed_beds, "ed_longest_wait": 3}
    return known.get(metric, made_up.get(metric, chance.randint(0, 2)))
