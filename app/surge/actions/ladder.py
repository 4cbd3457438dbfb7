"""A hospital edits its named levels: each edit a new version. What is in force, and a plan that runs, stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.facilities.stream import stream_of
from app.incidents import catalogue
from app.incidents.queries import open_incidents
from app.incidents.rules import required_text
from app.surge import events
from app.surge.actions.hospitals import open_incidents_locked, take, tell
from app.surge.actions.recommending import reconcile
from app.surge.inforce import levels_of
from app.surge.levels import Ladder, Level, graver, ladder_errors, level_errors, write_levels
from app.surge.models import LevelSet, SurgeLevel, Trigger

_WORDS = {"label": "name", "tasks": "plan"}


def add_level(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, version: int, level: Level, reason: str
) -> LevelSet:
    """A further level, at a rank that is free; see change_level."""
    ladder, reason = _begin(uow, actor, facility_id, version, reason)
    new = replace(level, slug=_slug(level.label, {each.slug for each in ladder}))
    return _save(uow, actor, facility_id, ladder, new, [*ladder, new], f"new level {new.label}", reason)


def change_level(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, version: int, level: Level, reason: str
) -> LevelSet:
    """The level of this rank becomes this. `version` is the one that was edited: raises Conflict when it is not the
    newest.
    """
    ladder, reason = _begin(uow, actor, facility_id, version, reason)
    before = _named(ladder, level.rank)
    level = replace(level, slug=before.slug)
    if level == before:
        raise Invalid.field("_schema", "nothing has been changed")
    names = [f.name for f in fields(Level) if getattr(level, f.name) != getattr(before, f.name)]
    change = f"{before.label}: {', '.join(_WORDS.get(name, name) for name in names)} changed"
    others = [each for each in ladder if each.rank != level.rank]
    return _save(uow, actor, facility_id, ladder, level, [*others, level], change, reason)


def remove_level(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, version: int, rank: int, reason: str
) -> LevelSet:
    """Raises Conflict naming the triggers that recommend it, and while it is in force."""
    ladder, reason = _begin(uow, actor, facility_id, version, reason)
    level = _named(ladder, rank)
    speaking = sa.select(Trigger.title).where(
        Trigger.facility_id == facility_id, Trigger.retired.is_(False), Trigger.recommends_rank == rank
    )
    titles = uow.session.scalars(speaking.order_by(Trigger.slug)).all()
    if rank and titles:
        raise Conflict(
            f"{level.label} is what these triggers recommend: {'; '.join(titles)}. Let them recommend another first."
        )
    if any(each.rank == rank for each in _in_force(uow, facility_id)):
        raise Conflict(f"{level.label} is in force.")
    others = [each for each in ladder if each.rank != rank]
    return _save(uow, actor, facility_id, ladder, None, others, f"{level.label} removed", reason)


def _begin(uow: UnitOfWork, actor: Actor, facility_id: str, version: int, reason: str) -> tuple[Ladder, str]:
    actor.require(Permission.POLICY_EDIT, facility_id)
    get_facility(uow.session, facility_id)
    reason = required_text("reason", reason, 2000)
    take(uow, [facility_id])
    ladder = levels_of(uow.session, facility_id)
    if ladder.version != version:
        raise Conflict(f"Somebody else has edited them: version {ladder.version} is in force. Look again.")
    return ladder, reason


def _named(ladder: Ladder, rank: int) -> Level:
    if rank not in ladder:
        raise Invalid.field("rank", f"must be one of {', '.join(map(str, ladder.ranks))}")
    return ladder[rank]


def _save(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    ladder: Ladder,
    level: Level | None,
    levels: Sequence[Level],
    change: str,
    reason: str,
) -> LevelSet:
    positions = [each.slug for each in catalogue.positions()]
    errors = (level_errors(level, positions) if level else {}) or ladder_errors(levels)
    errors = errors or _force_errors(uow, facility_id, levels)
    if errors:
        raise Invalid("; ".join(errors.values()), {name: [why] for name, why in errors.items()})
    rising = sorted(levels, key=lambda each: each.rank)
    made = LevelSet(
        facility_id=facility_id,
        version=ladder.version + 1,
        levels=write_levels(rising),
        change=change,
        made_at=uow.now,
        made_by=actor.name,
        reason=reason,
    )
    uow.session.add(made)
    uow.session.flush()
    edited = events.LevelsEdited(
        version=made.version, change=change, labels=[each.label for each in rising], reason=reason
    )
    tell(uow, actor, facility_id, [], edited)
    reconcile(uow, facility_id, open_incidents_locked(uow, [facility_id]))
    return made


def _in_force(uow: UnitOfWork, facility_id: str) -> list[SurgeLevel]:
    """The hospital's level, and those of its exercises."""
    exercises = [each.stream for each in open_incidents(uow.session, facility_id) if each.exercise]
    query = sa.select(SurgeLevel).where(SurgeLevel.stream.in_([stream_of(facility_id), *exercises]))
    return list(uow.session.scalars(query))


def _force_errors(uow: UnitOfWork, facility_id: str, levels: Sequence[Level]) -> dict[str, str]:
    """From a level in force one goes up into no lesser band and down into no graver one."""
    for now in _in_force(uow, facility_id):
        for each in levels:
            lesser = each.rank > now.rank and graver(now.band, each.band)
            if lesser or (each.rank < now.rank and graver(each.band, now.band)):
                side = "above" if lesser else "below"
                return {
                    "band": f"{each.label} is {side} {now.label}, which is in force as {now.band}; "
                    f"it cannot be {each.band} now"
                }
    return {}


def _slug(label: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:60] or "level"
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base}_{number}"
    return found
