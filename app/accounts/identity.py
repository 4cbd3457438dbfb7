"""From a cookie or a token to an actor. Expiry is decided here, on the server, not by the cookie."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account, ApiToken, SignIn
from app.accounts.passwords import hash_password, needs_renewal, password_holds
from app.core.actor import Actor, Grant
from app.core.errors import NotSignedIn
from app.core.ids import digest
from app.core.permissions import Permission


@dataclass(frozen=True)
class Identity:
    """Who is asking, and by what right: by the session `sign_in_id` or by the token `token_id`."""

    actor: Actor
    email: str
    sign_in_id: str | None = None
    token_id: str | None = None
    last_seen_at: datetime | None = None
    must_change_password: bool = False


@dataclass(frozen=True)
class Proof:
    """Somebody has shown an account's password, which was stored as `password_hash` at that moment."""

    account_id: str
    password_hash: str
    renewed_hash: str | None = None


def prove(session: Session, email: str, password: str) -> Proof:
    """Check a password, which takes long on purpose; so it is done before a transaction, not in it.

    Raises NotSignedIn, never saying which part is wrong.
    """
    account = session.scalar(sa.select(Account).where(Account.email == email.strip().lower()))
    holds = password_holds(account.password_hash if account else None, password)
    if account is None or not holds or account.disabled_at is not None:
        raise NotSignedIn("That e-mail address and password do not belong together.")
    renewed = hash_password(password) if needs_renewal(account.password_hash) else None
    return Proof(account.id, account.password_hash, renewed)


def by_sign_in(session: Session, secret: str, now: datetime, idle: timedelta) -> Identity | None:
    """None when unknown, ended, past its hours, idle too long, or the account is disabled."""
    return by_sign_ins(session, [digest(secret)], now, idle).get(digest(secret))


def by_sign_ins(
    session: Session, digests: Collection[str], now: datetime, idle: timedelta
) -> dict[str, Identity]:
    """The identities that still hold, by the digest of their secret; one query for many."""
    query = sa.select(SignIn, Account).join(Account, Account.id == SignIn.account_id)
    return {
        sign_in.secret_digest: Identity(
            actor_of(account),
            account.email,
            sign_in_id=sign_in.id,
            last_seen_at=sign_in.last_seen_at,
            must_change_password=account.must_change_password,
        )
        for sign_in, account in session.execute(query.where(SignIn.secret_digest.in_(digests)))
        if sign_in_holds(sign_in, now, idle) and account.disabled_at is None
    }


def by_token(session: Session, secret: str, now: datetime) -> Identity | None:
    return by_tokens(session, [digest(secret)], now).get(digest(secret))


def by_tokens(session: Session, digests: Collection[str], now: datetime) -> dict[str, Identity]:
    """The identities whose tokens still hold, by the digest of the token."""
    query = sa.select(ApiToken, Account).join(Account, Account.id == ApiToken.account_id)
    return {
        token.secret_digest: Identity(
            actor_of(account, _scopes(token)),
            account.email,
            token_id=token.id,
            last_seen_at=token.last_used_at,
        )
        for token, account in session.execute(query.where(ApiToken.secret_digest.in_(digests)))
        if token_holds(token, now) and account.disabled_at is None
    }


def sign_in_holds(sign_in: SignIn, now: datetime, idle: timedelta) -> bool:
    return sign_in.ended_at is None and now < sign_in.expires_at and now - sign_in.last_seen_at < idle


def token_holds(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def _scopes(token: ApiToken) -> frozenset[Permission] | None:
    return frozenset(Permission(s) for s in token.scopes.split()) or None


def actor_of(account: Account, scopes: frozenset[Permission] | None = None) -> Actor:
    grants = tuple(Grant(r.role, r.facility_id) for r in account.roles)
    return Actor("account", account.id, account.name, grants, account.person_id, scopes)
