"""Creating accounts, signing in and out, making and revoking keys."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.accounts.models import Account, AccountRole, ApiToken, SignIn
from app.accounts.passwords import hash_password, needs_renewal, one_time_password, password_holds
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound, NotSignedIn
from app.core.ids import digest, new_secret
from app.core.permissions import ACCOUNT_ROLES, Permission, Role
from app.facilities.models import Facility
from app.staffing.models import Person


def create_account(
    uow: UnitOfWork,
    actor: Actor,
    *,
    email: str,
    role: Role,
    facility_id: str | None,
    person_id: str | None = None,
    name: str | None = None,
    password: str | None = None,
) -> tuple[Account, str]:
    """Return the account and its password; one made up here must be changed at the first sign-in.

    `facility_id` None gives the role everywhere. Without a person on the roster, one is added.
    """
    actor.require(Permission.ACCOUNT_MANAGE, facility_id)
    email = email.strip().lower()
    if "@" not in email or len(email) > 200:
        raise Invalid.field("email", "is no e-mail address, like name@hospital.example")
    if role not in ACCOUNT_ROLES:
        raise Invalid.field("role", f"must be one of {', '.join(ACCOUNT_ROLES)}")
    if uow.session.scalar(sa.select(Account.id).where(Account.email == email)):
        raise Conflict(f"There is already an account for {email}.")
    person = _person(uow, person_id, name or email.split("@")[0].replace(".", " ").title(), facility_id)
    secret = password or one_time_password()
    account = Account(
        id=uow.new_id(),
        email=email,
        name=name or person.name,
        password_hash=hash_password(secret),
        must_change_password=password is None,
        person_id=person.id,
        created_at=uow.now,
        roles=[AccountRole(id=uow.new_id(), role=role, facility_id=facility_id)],
    )
    uow.session.add(account)
    uow.session.flush()
    return account, secret


def sign_in(
    uow: UnitOfWork, *, email: str, password: str, hours: int, user_agent: str = ""
) -> tuple[SignIn, str]:
    """Return the new session and its secret for the cookie.

    Raises NotSignedIn, never saying which part is wrong.
    """
    account = uow.session.scalar(sa.select(Account).where(Account.email == email.strip().lower()))
    holds = password_holds(account.password_hash if account else None, password)
    if account is None or not holds or account.disabled_at is not None:
        raise NotSignedIn("That e-mail address and password do not belong together.")
    if needs_renewal(account.password_hash):
        account.password_hash = hash_password(password)
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
        row.ended_at = uow.now
        uow.announce("sign-in-ended", row.id)


def touch(uow: UnitOfWork, sign_in_id: str) -> None:
    """Note that a session is in use, so that it does not end for idleness."""
    uow.session.execute(sa.update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=uow.now))


def create_token(
    uow: UnitOfWork,
    actor: Actor,
    *,
    email: str,
    name: str = "command line",
    scopes: frozenset[Permission] = frozenset(),
    days: int | None = None,
) -> str:
    """Return a new API token for an account, to be shown once. No scopes: all that the account may do."""
    account = uow.session.scalar(sa.select(Account).where(Account.email == email.strip().lower()))
    if account is None:
        raise NotFound(f"There is no account {email}.")
    if actor.id != account.id:
        actor.require(Permission.ACCOUNT_MANAGE)
    secret = "mst_" + new_secret()
    uow.session.add(
        ApiToken(
            id=uow.new_id(),
            account_id=account.id,
            name=name[:200],
            secret_digest=digest(secret),
            scopes=" ".join(sorted(scopes)),
            created_at=uow.now,
            expires_at=uow.now + timedelta(days=days) if days else None,
        )
    )
    return secret


def _person(uow: UnitOfWork, person_id: str | None, name: str, facility_id: str | None) -> Person:
    if person_id is not None:
        person = uow.session.get(Person, person_id)
        if person is None:
            raise Invalid.field("person", "is not on the roster")
        return person
    home = facility_id or uow.session.scalar(sa.select(Facility.id).order_by(Facility.name).limit(1))
    if home is None:
        raise Invalid.field("facility", "there is no hospital yet; add one first")
    person = Person(id=uow.new_id(), facility_id=home, name=name, job_title="(not on the roster yet)")
    uow.session.add(person)
    uow.session.flush()
    return person
