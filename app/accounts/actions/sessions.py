"""Signing in and out, and one's own sessions and password."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.accounts import events
from app.accounts.actions.record import end, open_sessions, own, record
from app.accounts.identity import Proof
from app.accounts.models import Account, ApiToken, SignIn
from app.accounts.passwords import hash_password, password_holds
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound, NotSignedIn
from app.core.ids import digest, new_secret

KEEP_ENDED = timedelta(days=90)


def sign_in(uow: UnitOfWork, proof: Proof, *, hours: int, user_agent: str = "") -> tuple[SignIn, str]:
    """Return the new session, which lasts for `hours` at most, and its secret for the cookie.

    Raises NotSignedIn when the account was disabled, or its password changed, since the proof was made.
    """
    account = uow.session.get(Account, proof.account_id)
    if account is None or account.disabled_at is not None or account.password_hash != proof.password_hash:
        raise NotSignedIn("The account has just been changed. Try again.")
    if proof.renewed_hash is not None:
        account.password_hash = proof.renewed_hash
    secret = new_secret()
    row = SignIn(
        id=uow.new_id(),
        account_id=account.id,
        secret_digest=digest(secret),
        created_at=uow.now,
        last_seen_at=uow.now,
        expires_at=uow.now + timedelta(hours=hours),
        user_agent=user_agent[:200],
    )
    uow.session.add(row)
    return row, secret


def sign_out(uow: UnitOfWork, sign_in_id: str) -> None:
    row = uow.session.get(SignIn, sign_in_id)
    if row is not None and row.ended_at is None:
        end(uow, [row])


def change_password(
    uow: UnitOfWork, actor: Actor, *, current: str, new: str, keep_sign_in_id: str | None = None
) -> None:
    """Change one's own password; every other session ends."""
    account = own(uow, actor)
    if not password_holds(account.password_hash, current):
        raise Invalid.field("current", "is not your password")
    if new == current:
        raise Invalid.field("new", "must differ from the password you have now")
    account.password_hash = hash_password(new, "new")
    account.must_change_password = False
    record(uow, actor, events.PasswordChanged(account_id=account.id, name=account.name))
    end(uow, [s for s in open_sessions(uow, account.id) if s.id != keep_sign_in_id])


def end_session(uow: UnitOfWork, actor: Actor, sign_in_id: str) -> None:
    """End one of one's own sessions."""
    account = own(uow, actor)
    row = uow.session.get(SignIn, sign_in_id)
    if row is None or row.account_id != account.id:
        raise NotFound("You have no such session.")
    sign_out(uow, sign_in_id)


def end_other_sessions(uow: UnitOfWork, actor: Actor, keep_sign_in_id: str | None) -> int:
    """End one's own sessions but the one in use, and return how many."""
    account = own(uow, actor)
    count = end(uow, [s for s in open_sessions(uow, account.id) if s.id != keep_sign_in_id])
    record(uow, actor, events.SessionsEnded(account_id=account.id, name=account.name, count=count))
    return count


def touch(uow: UnitOfWork, sign_in_id: str) -> None:
    """Note that a session is in use, so that it does not end for idleness."""
    uow.session.execute(sa.update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=uow.now))


def touch_token(uow: UnitOfWork, token_id: str) -> None:
    """Note that a token is in use, so that one that nobody uses can be told."""
    uow.session.execute(sa.update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=uow.now))


def forget_old(uow: UnitOfWork) -> int:
    """Remove sessions that ended, or ran out, 90 days ago; returns how many."""
    before = uow.now - KEEP_ENDED
    found = uow.session.execute(
        sa.delete(SignIn).where(sa.or_(SignIn.ended_at < before, SignIn.expires_at < before))
    )
    return int(found.rowcount)  # type: ignore[attr-defined]
