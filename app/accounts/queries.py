"""Reading accounts, sessions and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.events import STREAM
from app.accounts.identity import actor_of
from app.accounts.models import Account, AccountRole, ApiToken, SignIn
from app.accounts.rules import EVERYWHERE
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import GRANTED, Permission
from app.journal.models import JournalEntry
from app.staffing.models import Person


def managed_by(actor: Actor) -> sa.Select[Any]:
    """Accounts that reach no further than where this actor manages accounts."""
    query = sa.select(Account)
    if actor.may(Permission.ACCOUNT_MANAGE, EVERYWHERE):
        return query
    mine = [g.facility_id for g in actor.grants if Permission.ACCOUNT_MANAGE in GRANTED[g.role]]
    beyond = sa.exists().where(
        AccountRole.account_id == Account.id,
        sa.or_(AccountRole.facility_id.is_(None), AccountRole.facility_id.not_in(mine)),
    )
    return query.join(Person, Person.id == Account.person_id).where(
        ~beyond, sa.or_(Account.roles.any(), Person.facility_id.in_(mine))
    )


def accounts(
    session: Session, actor: Actor, *, text: str, page: int, size: int
) -> tuple[Sequence[Account], int]:
    """One page (counted from 1) of the accounts this actor manages, by name, and how many there are."""
    query = managed_by(actor)
    for word in text.split():
        like = f"%{word.lower().replace('%', '').replace('_', '')}%"
        query = query.where(sa.or_(sa.func.lower(Account.name).like(like), Account.email.like(like)))
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(Account.name, Account.id).offset((page - 1) * size).limit(size))
    return rows.all(), count


def managed_account(session: Session, actor: Actor, account_id: str) -> Account:
    found: Account | None = session.scalar(managed_by(actor).where(Account.id == account_id))
    if found is None:
        raise NotFound("There is no such account, or you do not manage it.")
    return found


def people_who_may(session: Session, permission: Permission, facility_id: str) -> set[str]:
    """Ids of the people with an account, not disabled, that holds a permission at a hospital."""
    found = session.scalars(sa.select(Account).where(Account.disabled_at.is_(None)))
    return {a.person_id for a in found if actor_of(a).may(permission, facility_id)}


def open_sessions(session: Session, account_id: str, now: datetime, idle: timedelta) -> Sequence[SignIn]:
    """Sessions that still hold, the last used first."""
    query = sa.select(SignIn).where(
        SignIn.account_id == account_id,
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        SignIn.last_seen_at > now - idle,
    )
    return session.scalars(query.order_by(SignIn.last_seen_at.desc(), SignIn.id)).all()


def tokens(session: Session, account_id: str) -> Sequence[ApiToken]:
    """Tokens that are not revoked, the newest first."""
    query = sa.select(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
    return session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.id.desc())).all()


def changes(session: Session, account_id: str, limit: int = 50) -> Sequence[JournalEntry]:
    """What the journal says about an account, the newest first."""
    query = sa.select(JournalEntry).where(
        JournalEntry.stream == STREAM, JournalEntry.subject == f"account:{account_id}"
    )
    return session.scalars(query.order_by(JournalEntry.seq.desc()).limit(limit)).all()
