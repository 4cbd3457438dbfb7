"""Schemes are written, version by version, and values typed in for what is not read from units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.incidents.rules import required_text
from app.surge.actions.hospitals import take, tell
from app.surge.actions.readings import FUTURE_ALLOWED
from app.surge.schemes.events import SchemeSaved
from app.surge.schemes.models import EscalationScheme, SchemeValue, SchemeVersion
from app.surge.schemes.scheme import LARGEST, Scheme, errors_of, read, write

CREATED, CHANGED, RETIRED = "new", "changed", "retired"
MOST_SCHEMES = 20


def create_scheme(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, scheme: Scheme, reason: str
) -> EscalationScheme:
    """It may be empty yet: then it gives no level."""
    actor.require(Permission.POLICY_EDIT, facility_id)
    get_facility(uow.session, facility_id)
    reason = _checked(scheme, reason)
    take(uow, [facility_id])
    count = sa.select(sa.func.count()).where(EscalationScheme.facility_id == facility_id)
    if (uow.session.scalar(count) or 0) >= MOST_SCHEMES:
        raise Conflict(f"There are {MOST_SCHEMES} schemes already.")
    made = EscalationScheme(id=uow.new_id(), facility_id=facility_id, number=0, retired=False)
    _put(uow, actor, made, scheme, CREATED, reason)
    return made


def edit_scheme(
    uow: UnitOfWork, actor: Actor, scheme_id: str, *, number: int, scheme: Scheme, reason: str
) -> EscalationScheme:
    """Put a new version in force. `number` is the one that was edited: Conflict when it is not the newest."""
    found = _take(uow, actor, scheme_id)
    reason = _checked(scheme, reason)
    if found.number != number:
        raise Conflict(f"Somebody else has edited it: it is at version {found.number} now. Look again.")
    if read(found.definition) == scheme:
        raise Invalid.field("_schema", "nothing has been changed")
    _put(uow, actor, found, scheme, CHANGED, reason)
    return found


def retire_scheme(uow: UnitOfWork, actor: Actor, scheme_id: str, *, reason: str) -> EscalationScheme:
    """It is shown no more; its versions and values stay on record."""
    found = _take(uow, actor, scheme_id)
    reason = required_text("reason", reason, 2000)
    found.retired = True
    uow.session.flush()
    _journal(uow, actor, found, RETIRED, reason)
    return found


def enter_values(
    uow: UnitOfWork,
    actor: Actor,
    scheme_id: str,
    *,
    values: Mapping[str, float],
    observed_at: datetime,
) -> int:
    """`values` by the slug of a parameter that is typed in. What is not given is not changed."""
    found = uow.session.get(EscalationScheme, scheme_id)
    if found is None:
        raise NotFound("There is no such scheme.")
    actor.require(Permission.READING_ENTER, found.facility_id)
    observed_at = as_utc(observed_at)
    if observed_at > uow.now + FUTURE_ALLOWED:
        raise Invalid.field("observed_at", "lies more than 5 minutes in the future")
    typed = {each.slug for each in read(found.definition).parameters if not each.measure}
    for slug, value in values.items():
        if slug not in typed:
            raise Invalid.field(slug, "is no parameter of this scheme whose value is typed in")
        if not isfinite(value) or abs(value) > LARGEST:
            raise Invalid.field(slug, f"must be a number up to {LARGEST:,.0f}")
    if not values:
        raise Invalid.field("_schema", "enter at least one value; what stays empty is not changed")
    for slug, value in values.items():
        uow.session.add(
            SchemeValue(
                scheme_id=found.id,
                parameter=slug,
                value=value,
                observed_at=observed_at,
                received_at=uow.now,
                entered_by=actor.name,
            )
        )
    uow.session.flush()
    return len(values)


def _take(uow: UnitOfWork, actor: Actor, scheme_id: str) -> EscalationScheme:
    found = uow.session.get(EscalationScheme, scheme_id)
    if found is None:
        raise NotFound("There is no such scheme.")
    actor.require(Permission.POLICY_EDIT, found.facility_id)
    take(uow, [found.facility_id])
    uow.session.refresh(found)
    if found.retired:
        raise Conflict(f"{found.title} is retired.")
    return found


def _checked(scheme: Scheme, reason: str) -> str:
    errors = {name: [why] for name, why in errors_of(scheme).items()}
    try:
        reason = required_text("reason", reason, 2000)
    except Invalid as problem:
        errors |= problem.errors
    if errors:
        raise Invalid("; ".join(f"{name}: {why[0]}" for name, why in errors.items()), errors)
    return reason


def _put(
    uow: UnitOfWork, actor: Actor, row: EscalationScheme, scheme: Scheme, change: str, reason: str
) -> None:
    row.number += 1
    row.title, row.definition = scheme.title, write(scheme)
    uow.session.add(row)
    uow.session.flush()
    version = SchemeVersion(
        scheme_id=row.id,
        number=row.number,
        definition=row.definition,
        made_at=uow.now,
        made_by=actor.name,
        reason=reason,
    )
    uow.session.add(version)
    uow.session.flush()
    _journal(uow, actor, row, change, reason)


def _journal(uow: UnitOfWork, actor: Actor, row: EscalationScheme, change: str, reason: str) -> None:
    saved = SchemeSaved(
        scheme_id=row.id,
        title=row.title,
        number=row.number,
        change=change,
        source=read(row.definition).source,
        reason=reason,
    )
    tell(uow, actor, row.facility_id, [], saved)
