"""Raising what worries, handing it on, ending it, and holding the huddle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Permission
from app.facilities.models import Unit
from app.facilities.queries import facility as get_facility
from app.facilities.stream import stream_of, take_hospitals
from app.huddle import events, queries
from app.huddle.building import build
from app.huddle.models import HuddleItem, HuddleSheet, ItemKind
from app.huddle.rules import JUST_NOW
from app.huddle.sheet import write
from app.incidents.rules import optional_text, required_text
from app.journal import append

MOST_TEXT, MOST_OPEN = 200, 200
LONGEST = timedelta(days=90)
MOST_ATTENDEES = 99


def raise_item(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    kind: str,
    text: str,
    owner: str,
    due_at: datetime | None,
    unit_id: str | None = None,
) -> HuddleItem:
    """A concern in one short line, with who sees to it and by when."""
    actor.require(Permission.TASK_WORK, facility_id)
    if kind not in [each.value for each in ItemKind]:
        raise Invalid.field("kind", f"must be one of {', '.join(each.value for each in ItemKind)}")
    text = required_text("text", text, MOST_TEXT)
    owner, due_at = required_text("owner", owner, 100), _due(uow, due_at)
    unit = uow.session.get(Unit, unit_id) if unit_id else None
    if unit_id and (unit is None or unit.facility_id != facility_id):
        raise Invalid.field("unit_id", "there is no such unit at this hospital")
    take_hospitals(uow, [facility_id])
    if len(queries.open_items(uow.session, facility_id)) >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} items are open already. End some of them first.")
    item = HuddleItem(
        id=uow.new_id(),
        facility_id=facility_id,
        unit_id=unit.id if unit else None,
        kind=ItemKind(kind),
        text=text,
        owner=owner,
        due_at=due_at,
        raised_at=uow.now,
        raised_by=actor.name,
        huddles=0,
        outcome="",
    )
    uow.session.add(item)
    uow.session.flush()
    raised = events.ItemRaised(
        item_id=item.id,
        kind_of=kind,
        text=text,
        unit=unit.name if unit else "",
        owner=owner,
        due_at=due_at,
    )
    append(uow, stream_of(facility_id), actor, raised)
    return item


def change_item(
    uow: UnitOfWork, actor: Actor, item_id: str, *, owner: str, due_at: datetime | None
) -> HuddleItem:
    """Hand it to somebody else, or give it another time. Raises Conflict when it is done."""
    owner, due_at = required_text("owner", owner, 100), _due(uow, due_at)
    item = _take(uow, actor, item_id)
    if (item.owner, item.due_at) == (owner, due_at):
        raise Invalid.field("due_at", "nothing is different from before")
    changed = events.ItemChanged(
        item_id=item.id,
        text=item.text,
        owner=owner,
        due_at=due_at,
        from_owner=item.owner,
        from_due_at=item.due_at,
    )
    item.owner, item.due_at = owner, due_at
    append(uow, stream_of(item.facility_id), actor, changed)
    return item


def end_item(uow: UnitOfWork, actor: Actor, item_id: str, *, outcome: str = "") -> HuddleItem:
    """It is done; what came of it, if there is anything to say. Raises Conflict naming who was first."""
    outcome = optional_text("outcome", outcome, 500)
    item = _take(uow, actor, item_id)
    item.done_at, item.done_by, item.outcome = uow.now, actor.name, outcome
    done = events.ItemDone(item_id=item.id, text=item.text, outcome=outcome)
    append(uow, stream_of(item.facility_id), actor, done)
    return item


def hold(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, attendees: Mapping[str, int], note: str = ""
) -> HuddleSheet:
    """Keep the sheet as it is now. What is open goes on to the next huddle. Raises Conflict when somebody else held
    it a moment ago.
    """
    actor.require(Permission.TASK_WORK, facility_id)
    if actor.kind != "account":
        raise Forbidden("Only a person with an account can hold the huddle.")
    note = optional_text("note", note, 2000)
    there = {role: count for role, count in attendees.items() if count}
    for role, count in there.items():
        if not 0 < count <= MOST_ATTENDEES:
            raise Invalid.field(f"at_{role}", f"must be a whole number from 0 to {MOST_ATTENDEES}")
    facility = get_facility(uow.session, facility_id)
    take_hospitals(uow, [facility_id])
    last = queries.last_sheet(uow.session, facility_id)
    if last is not None and uow.now - last.held_at < JUST_NOW:
        raise Conflict(f"{last.held_by} held the huddle a moment ago; it is kept.")
    still_open = sa.update(HuddleItem).where(
        HuddleItem.facility_id == facility_id, HuddleItem.done_at.is_(None)
    )
    sheet = build(uow.session, facility, uow.now)
    uow.session.execute(still_open.values(huddles=HuddleItem.huddles + 1))
    text = write(sheet)
    held = HuddleSheet(
        id=uow.new_id(),
        facility_id=facility_id,
        day=sheet.day,
        held_at=uow.now,
        held_by=actor.name,
        attendees=msgspec.json.encode(there).decode(),
        note=note,
        sheet=text,
    )
    uow.session.add(held)
    uow.session.flush()
    told = events.HuddleHeld(
        sheet_id=held.id,
        day=sheet.day,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        units=len(sheet.rows),
        without=list(sheet.total.without),
        unsaid=list(sheet.total.unsaid),
        open_items=len(sheet.items),
        attendees=there,
        note=note,
    )
    append(uow, stream_of(facility_id), actor, told)
    return held


def _take(uow: UnitOfWork, actor: Actor, item_id: str) -> HuddleItem:
    item = queries.item(uow.session, item_id)
    actor.require(Permission.TASK_WORK, item.facility_id)
    take_hospitals(uow, [item.facility_id])
    uow.session.refresh(item)
    if item.done_at is not None:
        raise Conflict(f"{item.done_by} has ended it already.")
    return item


def _due(uow: UnitOfWork, due_at: datetime | None) -> datetime:
    if due_at is None:
        raise Invalid.field("due_at", "say by when")
    due_at = as_utc(due_at)
    if not uow.now < due_at <= uow.now + LONGEST:
        raise Invalid.field("due_at", "must lie ahead, at most 90 days")
    return due_at
