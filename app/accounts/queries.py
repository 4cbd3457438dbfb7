"""Reading accounts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.identity import actor_of
from app.accounts.models import Account
from app.core.permissions import Permission


def people_who_may(session: Session, permission: Permission, facility_id: str) -> set[str]:
    """Ids of the people with an account, not disabled, that holds a permission at a hospital."""
    accounts = session.scalars(sa.select(Account).where(Account.disabled_at.is_(None)))
    return {a.person_id for a in accounts if actor_of(a).may(permission, facility_id)}
