"""Those who have not answered are asked again: at the poll's own minutes, or when somebody wants it."""

from __future__ import annotations

from datetime import timedelta

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict
from app.core.permissions import Permission
from app.polls import queries
from app.polls.actions.frame import POLLS, hospitals_of, take_poll, tell
from app.polls.actions.sending import send
from app.polls.events import PollChased
from app.polls.models import Poll
from app.polls.rules import next_chase

AT_LEAST_APART = timedelta(minutes=2)
"""Two people who press at once, or one who presses twice, send one text."""


def chase(uow: UnitOfWork, actor: Actor, poll_id: str, *, public_url: str) -> int:
    """Ask again now; returns how many people. Raises Conflict for a closed poll, or one asked just now."""
    for facility_id in hospitals_of(uow, queries.poll(uow.session, poll_id)):
        actor.require(Permission.CALLOUT_SEND, facility_id)
    found = take_poll(uow, poll_id)
    if found.closed_at is not None:
        raise Conflict(f"This poll was closed, by {found.closed_by}.")
    if uow.now - (found.chased_at or found.started_at) < AT_LEAST_APART:
        raise Conflict("Everybody has been asked within the last two minutes.")
    return _chase(uow, actor, found, public_url, by_hand=True)


def chase_by_clock(uow: UnitOfWork, poll_id: str, *, public_url: str) -> bool:
    """The chase that is due; False when it has been done."""
    found = take_poll(uow, poll_id)
    if found.closed_at is not None or found.next_chase_at is None or uow.now < found.next_chase_at:
        return False
    found.next_chase_at = next_chase(found.started_at, found.chases, uow.now)
    just_now = found.chased_at is not None and uow.now - found.chased_at < AT_LEAST_APART
    if not just_now or found.next_chase_at is None:
        _chase(uow, POLLS, found, public_url, by_hand=False)
    return True


def _chase(uow: UnitOfWork, actor: Actor, found: Poll, public_url: str, *, by_hand: bool) -> int:
    found.chased += 1
    found.chased_at = uow.now
    last = not by_hand and found.next_chase_at is None
    people = send(uow, found, public_url, round_=found.chased, managers_too=last)
    event = PollChased(poll_id=found.id, title=found.title, nth=found.chased, people=people, by_hand=by_hand)
    tell(uow, actor, hospitals_of(uow, found), event)
    uow.session.flush()
    return people
