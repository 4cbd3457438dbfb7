"""Keys for programs."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.accounts import events
from app.accounts.actions.record import managed, own, record
from app.accounts.events import STREAM
from app.accounts.models import Account, ApiToken
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import digest, new_secret
from app.core.permissions import Permission
from app.journal import lock_or_open

MOST_DAYS = 3650


def create_token(
    uow: UnitOfWork,
    actor: Actor,
    *,
    email: str,
    name: str = "command line",
    scopes: frozenset[Permission] = frozenset(),
    days: int | None = None,
) -> str:
    """Return a new API token for an account, to be shown once. No scopes: all that the account may do.

    Raises Forbidden for somebody who neither owns nor manages the account, and for a token that wants one.
    """
    lock_or_open(uow, STREAM)
    found = uow.session.scalar(sa.select(Account).where(Account.email == email.strip().lower()))
    if found is None:
        raise NotFound(f"There is no account {email}.")
    account = own(uow, actor) if actor.id == found.id else managed(uow, actor, found.id)
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise Invalid.field("name", "needs 1 to 200 characters that say what the token is for")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Invalid.field("days", f"must be a whole number from 1 to {MOST_DAYS}")
    secret = "mst_" + new_secret()
    token = ApiToken(
        id=uow.new_id(),
        account_id=account.id,
        name=name,
        secret_digest=digest(secret),
        scopes=" ".join(sorted(scopes)),
        created_at=uow.now,
        expires_at=uow.now + timedelta(days=days) if days else None,
    )
    uow.session.add(token)
    created = events.TokenCreated(
        account_id=account.id,
        name=account.name,
        token_id=token.id,
        token_name=name,
        scopes=tuple(sorted(scopes)),
        expires_at=token.expires_at,
    )
    record(uow, actor, created)
    return secret


def revoke_token(uow: UnitOfWork, actor: Actor, token_id: str) -> ApiToken:
    """Make a token worthless, one's own or one of an account that the actor manages."""
    lock_or_open(uow, STREAM)
    token = uow.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound("There is no such token.")
    account = own(uow, actor) if actor.id == token.account_id else managed(uow, actor, token.account_id)
    if token.revoked_at is not None:
        raise Conflict(f"The token {token.name} is already revoked.")
    token.revoked_at = uow.now
    revoked = events.TokenRevoked(
        account_id=account.id, name=account.name, token_id=token.id, token_name=token.name
    )
    record(uow, actor, revoked)
    return token
