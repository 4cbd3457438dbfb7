"""What every action on accounts does: take the journal, find the account, write down what was done."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.events import STREAM
from app.accounts.models import Account, SignIn
from app.accounts.rules import EVERYWHERE
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Forbidden, NotFound
from app.core.permissions import Permission
from app.journal import Event, append, lock_or_open
from app.staffing.models import Person


def record(uow: UnitOfWork, actor: Actor, event: Event) -> None:
    append(uow, STREAM, actor, event)


def managed(uow: UnitOfWork, actor: Actor, account_id: str) -> Account:
    """The account, if this actor may manage accounts wherever it holds a role.

    So nobody who manages one hospital can take over an account that reaches further. Raises NotFound,
    Forbidden.
    """
    lock_or_open(uow, STREAM)
    account = uow.session.get(Account, account_id, populate_existing=True)
    if account is None:
        raise NotFound("There is no such account.")
    reach = {role.facility_id or EVERYWHERE for role in account.roles}
    for place in reach or {_home(uow, account)}:
        actor.require(Permission.ACCOUNT_MANAGE, place)
    return account


def own(uow: UnitOfWork, actor: Actor) -> Account:
    """The actor's own account. Raises Forbidden for a token: a program must not change its owner's keys."""
    lock_or_open(uow, STREAM)
    account = uow.session.get(Account, actor.id, populate_existing=True) if actor.kind == "account" else None
    if account is None or actor.scopes is not None:
        raise Forbidden("Only somebody who has signed in may do this, for their own account.")
    return account


def open_sessions(uow: UnitOfWork, account_id: str) -> list[SignIn]:
    query = sa.select(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    return list(uow.session.scalars(query))


def end(uow: UnitOfWork, sessions: list[SignIn]) -> int:
    """End these sessions, their sockets too; returns how many."""
    for session in sessions:
        session.ended_at = uow.now
        uow.announce("sign-in-ended", session.id)
    return len(sessions)


def drop_sockets(uow: UnitOfWork, account_id: str) -> None:
    """What the account may see has changed: its boards connect again, and are asked again."""
    for session in open_sessions(uow, account_id):
        uow.announce("sign-in-ended", session.id)


def _home(uow: UnitOfWork, account: Account) -> str:
    return (
        uow.session.scalar(sa.select(Person.facility_id).where(Person.id == account.person_id)) or EVERYWHERE
    )
