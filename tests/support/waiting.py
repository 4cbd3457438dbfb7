"""An incident in which one thing waits, and whoever was told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core.db import Database
from app.escalation import actions, engine, gathering
from app.escalation.models import Deadline, DeadlineState, Escalation, Notice
from app.escalation.planner import Step
from app.incidents.actions import add_task
from app.incidents.models import Incident, Task
from tests.support.callouts import declared
from tests.support.hospital import Hospital

URL = "https://m.example"
OPERATIONS = "operations_section_chief"
TELL = (Step(0, "tell_commander"), Step(10, "tell_supervisor"))


def policy(
    db: Database, hospital: Hospital, steps: Sequence[Step] = TELL, kind: str = "task", **more: Any
) -> None:
    wanted = {"rounds": 1, "bundled": False} | more
    db.transact(actions.set_policy, hospital.administrator, hospital.facility.id, kind, steps=steps, **wanted)


def quiet(db: Database, hospital: Hospital, **more: Any) -> Incident:
    """An incident in which nothing waits."""
    incident = declared(db, hospital, **more)

    def cancel(uow) -> None:
        uow.session.execute(sa.update(Deadline).values(state=DeadlineState.CANCELLED))
        uow.session.execute(sa.update(Escalation).values(ended_at=uow.now))

    db.transact(cancel)
    return incident


def task(
    db: Database, hospital: Hospital, incident: Incident, text: str = "Open the tent", minutes: int = 0
) -> Task:
    """One that is due in so many minutes."""
    due_at = db.clock.now() + timedelta(minutes=minutes)
    return db.transact(
        add_task, hospital.commander, incident.id, position=OPERATIONS, text=text, due_at=due_at
    )


def tick(db: Database) -> int:
    """The engine, and what has been gathered long enough."""
    return engine.tick(db, URL) + gathering.tick(db, URL)


def item(db: Database, kind: str = "task") -> Escalation:
    """The one of a kind that somebody was told of last."""
    with db.read() as session:
        query = sa.select(Escalation).where(Escalation.kind == kind, Escalation.told_at.is_not(None))
        return session.scalars(query.order_by(Escalation.told_at.desc()).limit(1)).one()


def notices(db: Database) -> list[Notice]:
    with db.read() as session:
        return list(session.scalars(sa.select(Notice).order_by(Notice.told_at, Notice.id)))


def coming(db: Database) -> list[Deadline]:
    with db.read() as session:
        query = sa.select(Deadline).where(Deadline.state == DeadlineState.OPEN)
        return list(session.scalars(query.order_by(Deadline.due_at)))
