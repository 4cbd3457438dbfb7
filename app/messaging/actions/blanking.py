"""Taking out of what was sent what must not be kept, such as a code that holds no more."""

from __future__ import annotations

from collections.abc import Callable, Collection

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.messaging.models import Intent


def blank(uow: UnitOfWork, subject_ids: Collection[str], cleaned: Callable[[str], str]) -> None:
    """Replace the bodies of messages about these subjects by what `cleaned` makes of them."""
    query = sa.select(Intent).where(Intent.subject_id.in_(subject_ids)).with_for_update()
    for intent in uow.session.scalars(query):
        intent.body = cleaned(intent.body)
