"""What administrators do to accounts."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import events
from app.accounts.actions.record import drop_sockets, end, managed, open_sessions, record
from app.accounts.events import STREAM
from app.accounts.models import Account, AccountRole
from app.accounts.passwords import hash_password, one_time_password
from app.accounts.rules import EVERYWHERE, checked_email, checked_role
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission, Role
from app.facilities.models import Facility
from app.journal import lock_or_open
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
    actor.require(Permission.ACCOUNT_MANAGE, facility_id or EVERYWHERE)
    lock_or_open(uow, STREAM)
    email, role = checked_email(email), checked_role(role)
    if uow.session.scalar(sa.select(Account.id).where(Account.email == email)):
        raise Conflict(f"There is already an account for {email}.", {"email": ["already has an account"]})
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
    created = events.AccountCreated(
        account_id=account.id, name=account.name, email=email, role=role.value, facility_id=facility_id
    )
    record(uow, actor, created)
    return account, secret


def give_role(
    uow: UnitOfWork, actor: Actor, account_id: str, *, role: str, facility_id: str | None
) -> Account:
    """Give a role at one hospital, or with `facility_id` None at all."""
    account = managed(uow, actor, account_id)
    actor.require(Permission.ACCOUNT_MANAGE, facility_id or EVERYWHERE)
    wanted = checked_role(role)
    place = _facility_name(uow, facility_id)
    if any(held.role == wanted and held.facility_id == facility_id for held in account.roles):
        raise Conflict(f"{account.name} already has this role there.", {"role": ["is already held there"]})
    account.roles.append(AccountRole(id=uow.new_id(), role=wanted, facility_id=facility_id))
    uow.session.flush()
    given = events.RoleGiven(
        account_id=account.id,
        name=account.name,
        role=wanted.value,
        facility_id=facility_id,
        facility_name=place,
    )
    record(uow, actor, given)
    drop_sockets(uow, account.id)
    return account


def take_role(uow: UnitOfWork, actor: Actor, account_id: str, role_id: str) -> Account:
    """Take a role away. Nobody takes a role from themselves: so an administrator always remains."""
    account = managed(uow, actor, account_id)
    _not_oneself(actor, account, "take a role from")
    held = next((role for role in account.roles if role.id == role_id), None)
    if held is None:
        raise NotFound(f"{account.name} does not hold that role.")
    account.roles.remove(held)
    uow.session.flush()
    taken = events.RoleTaken(
        account_id=account.id,
        name=account.name,
        role=held.role.value,
        facility_id=held.facility_id,
        facility_name=_facility_name(uow, held.facility_id),
    )
    record(uow, actor, taken)
    drop_sockets(uow, account.id)
    return account


def disable(uow: UnitOfWork, actor: Actor, account_id: str, *, reason: str) -> Account:
    """Nobody signs in with it, its sessions end and its tokens are refused, until it is enabled again."""
    account = managed(uow, actor, account_id)
    _not_oneself(actor, account, "disable")
    if not 1 <= len(reason.strip()) <= 2000:
        raise Invalid.field("reason", "say why, in 1 to 2000 characters")
    if account.disabled_at is not None:
        raise Conflict(f"The account of {account.name} is already disabled.")
    account.disabled_at = uow.now
    record(
        uow,
        actor,
        events.AccountDisabled(account_id=account.id, name=account.name, reason=reason.strip()),
    )
    end(uow, open_sessions(uow, account.id))
    return account


def enable(uow: UnitOfWork, actor: Actor, account_id: str) -> Account:
    account = managed(uow, actor, account_id)
    if account.disabled_at is None:
        raise Conflict(f"The account of {account.name} is not disabled.")
    account.disabled_at = None
    record(uow, actor, events.AccountEnabled(account_id=account.id, name=account.name))
    return account


def reset_password(uow: UnitOfWork, actor: Actor, account_id: str) -> tuple[Account, str]:
    """Return the account and a one-time password, which must be changed at the next sign-in."""
    account = managed(uow, actor, account_id)
    _not_oneself(actor, account, "reset the password of")
    secret = one_time_password()
    account.password_hash = hash_password(secret)
    account.must_change_password = True
    record(uow, actor, events.PasswordReset(account_id=account.id, name=account.name))
    end(uow, open_sessions(uow, account.id))
    return account, secret


def end_all_sessions(uow: UnitOfWork, actor: Actor, account_id: str) -> int:
    """End every session of the account, and return how many there were."""
    account = managed(uow, actor, account_id)
    count = end(uow, open_sessions(uow, account.id))
    record(uow, actor, events.SessionsEnded(account_id=account.id, name=account.name, count=count))
    return count


def _not_oneself(actor: Actor, account: Account, what: str) -> None:
    if actor.id == account.id:
        raise Conflict(f"You cannot {what} your own account; another administrator can.")


def _facility_name(uow: UnitOfWork, facility_id: str | None) -> str | None:
    if facility_id is None:
        return None
    facility = uow.session.get(Facility, facility_id)
    if facility is None:
        raise Invalid.field("facility", "is not one of the hospitals here")
    return facility.name


def _person(uow: UnitOfWork, person_id: str | None, name: str, facility_id: str | None) -> Person:
    if person_id is not None:
        person = uow.session.get(Person, person_id)
        if person is None:
            raise Invalid.field("person", "is not on the roster")
        return person
    home = facility_id or uow.session.scalar(sa.select(Facility.id).order_by(Facility.name).limit(1))
    if home is None or uow.session.get(Facility, home) is None:
        raise Invalid.field("facility", "there is no such hospital; add it first")
    person = Person(id=uow.new_id(), facility_id=home, name=name, job_title="(not on the roster yet)")
    uow.session.add(person)
    uow.session.flush()
    return person
