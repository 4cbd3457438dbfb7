"""Messages that were refused: kept for a person, until one has looked."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.dialects import postgresql, sqlite

from app.census.actions.feed import count_messages
from app.census.models import AdtRefusal
from app.census.reduce import Refused
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.permissions import Permission


def keep_refused(uow: UnitOfWork, actor: Actor, facility_id: str | None, refusals: Sequence[Refused]) -> None:
    """Keep what was refused for a person to look at; the same again only counts up and is new again."""
    actor.require(Permission.READING_ENTER, facility_id)
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    again = {"times": AdtRefusal.times + 1, "last_at": uow.now, "seen_by": None, "seen_at": None}
    for refused in refusals:
        row = {
            "id": uow.new_id(),
            "dedupe": refused.dedupe,
            "facility_id": facility_id,
            "code": refused.code,
            "reason": refused.reason[:500],
            "control_id": refused.header.control_id[:199],
            "kind": f"{refused.header.type[:20]} {refused.header.event[:20]}".strip(),
            "kept": refused.kept,
            "times": 1,
            "first_at": uow.now,
            "last_at": uow.now,
        }
        statement = dialect.insert(AdtRefusal).values(row)
        uow.session.execute(statement.on_conflict_do_update(index_elements=["dedupe"], set_=again))
    if facility_id is not None and refusals:
        count_messages(uow, facility_id, messages=len(refusals), refused=len(refusals))


def mark_seen(uow: UnitOfWork, actor: Actor, refusal_id: str) -> AdtRefusal:
    """Somebody has looked at a refused message; it comes back when it is sent again."""
    refusal = uow.session.get(AdtRefusal, refusal_id)
    if refusal is None:
        raise NotFound("There is no such refused message.")
    actor.require(Permission.READING_ENTER, refusal.facility_id)
    if refusal.seen_at is None:
        refusal.seen_by, refusal.seen_at = actor.name, uow.now
    return refusal
