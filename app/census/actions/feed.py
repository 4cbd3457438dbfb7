"""What every action on a feed does: queue at its row, and count the messages of the hospital's day."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.census.models import AdtDay, AdtFeed
from app.core.clock import local
from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.facilities.queries import facility


def lock_feed(uow: UnitOfWork, facility_id: str) -> AdtFeed:
    """Take the hospital's feed for this transaction, making its row when there is none."""
    insert_once(uow.session, AdtFeed, [{"facility_id": facility_id, "version": 0}])
    query = sa.select(AdtFeed).where(AdtFeed.facility_id == facility_id).with_for_update()
    return uow.session.scalars(query.execution_options(populate_existing=True)).one()


def count_messages(
    uow: UnitOfWork, facility_id: str, *, messages: int, duplicates: int = 0, refused: int = 0
) -> None:
    """Add to the counts of the hospital's own day."""
    day = local(uow.now, facility(uow.session, facility_id).zone).date()
    counts = {"messages": messages, "duplicates": duplicates, "refused": refused}
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    more = {name: getattr(AdtDay, name) + n for name, n in counts.items()}
    statement = dialect.insert(AdtDay).values(facility_id=facility_id, day=day, **counts)
    uow.session.execute(statement.on_conflict_do_update(index_elements=["facility_id", "day"], set_=more))
