"""A run of the lab is kept, with the versions of the rules it tried."""

from __future__ import annotations

import msgspec

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.incidents.rules import required_text
from app.surge.models import LabRun
from app.surge.trying import Answer, Question


def keep_run(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, title: str, question: Question, answer: Answer
) -> LabRun:
    """Nothing in force is touched."""
    actor.require(Permission.BOARD_VIEW, facility_id)
    get_facility(uow.session, facility_id)
    run = LabRun(
        id=uow.new_id(),
        facility_id=facility_id,
        title=required_text("title", title, 200),
        made_at=uow.now,
        made_by=actor.name,
        question=msgspec.json.encode(question).decode(),
        result=msgspec.json.encode(answer).decode(),
    )
    uow.session.add(run)
    uow.session.flush()
    return run
