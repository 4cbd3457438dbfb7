"""What the journal `accounts` says. Passwords, tokens and their digests never stand in it."""

from __future__ import annotations

from datetime import datetime

from app.journal import Event, event

STREAM = "accounts"


@event("account.created", "account:{account_id}")
class AccountCreated(Event):
    """`facility_id` None: the role is held at all hospitals."""

    account_id: str
    name: str
    email: str
    role: str
    facility_id: str | None


@event("account.role_given", "account:{account_id}")
class RoleGiven(Event):
    account_id: str
    name: str
    role: str
    facility_id: str | None
    facility_name: str | None


@event("account.role_taken", "account:{account_id}")
class RoleTaken(Event):
    account_id: str
    name: str
    role: str
    facility_id: str | None
    facility_name: str | None


@event("account.disabled", "account:{account_id}")
class AccountDisabled(Event):
    account_id: str
    name: str
    reason: str


@event("account.enabled", "account:{account_id}")
class AccountEnabled(Event):
    account_id: str
    name: str


@event("account.password_reset", "account:{account_id}")
class PasswordReset(Event):
    account_id: str
    name: str


@event("account.password_changed", "account:{account_id}")
class PasswordChanged(Event):
    account_id: str
    name: str


@event("account.sessions_ended", "account:{account_id}")
class SessionsEnded(Event):
    account_id: str
    name: str
    count: int


@event("account.token_created", "account:{account_id}")
class TokenCreated(Event):
    """No `scopes`: the token may do all that the account may."""

    account_id: str
    name: str
    token_id: str
    token_name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


@event("account.token_revoked", "account:{account_id}")
class TokenRevoked(Event):
    account_id: str
    name: str
    token_id: str
    token_name: str
