"""A poll ends: by a person, because all have answered, or some time after it was due."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict
from app.core.permissions import Permission
from app.messaging.actions import supersede
from app.polls import queries
from app.polls.actions.frame import POLLS, hospitals_of, take_poll, tell, tell_incident
from app.polls.events import PollClosed
from app.polls.models import Poll
from app.polls.rules import CLOSES_AFTER, AskState


def close(uow: UnitOfWork, actor: Actor, poll_id: str) -> Poll:
    """Close a poll with what has come. Raises Conflict when it is closed already."""
    for facility_id in hospitals_of(uow, queries.poll(uow.session, poll_id)):
        actor.require(Permission.CALLOUT_SEND, facility_id)
    found = take_poll(uow, poll_id)
    if found.closed_at is not None:
        raise Conflict(f"This poll was closed already, by {found.closed_by}.")
    close_taken(uow, actor, found)
    return found


def close_by_clock(uow: UnitOfWork, poll_id: str) -> bool:
    """Close a poll whose time is long over; False when somebody was first."""
    found = take_poll(uow, poll_id)
    if found.closed_at is not None or uow.now < found.due_at + CLOSES_AFTER:
        return False
    close_taken(uow, POLLS, found)
    return True


def close_when_complete(uow: UnitOfWork, found: Poll) -> bool:
    rows = queries.rows(uow.session, found, uow.now)
    if found.closed_at is not None or any(row.ask.state is not AskState.ANSWERED for row in rows):
        return False
    close_taken(uow, POLLS, found)
    return True


def close_taken(uow: UnitOfWork, actor: Actor, found: Poll) -> None:
    """For a poll that is open and whose hospitals are taken. What is missing stays missing."""
    uow.session.flush()
    rows = queries.rows(uow.session, found, uow.now)
    found.closed_at, found.closed_by, found.next_chase_at = uow.now, actor.name, None
    found.result = queries.told_so_far(rows, found.facility_id is None)
    supersede(uow, subject_id=found.id)
    event = PollClosed(poll_id=found.id, title=found.title, result=found.result)
    tell(uow, actor, sorted({row.facility.id for row in rows}), event)
    tell_incident(uow, actor, found, event)
    uow.session.flush()
