"""What a hospital has: counted by hand, taken out for requests, put back."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.incidents.actions.record import record
from app.incidents.models import Incident
from app.incidents.rules import optional_text
from app.journal import append, lock_or_open
from app.resources import catalogue, events
from app.resources.models import RequestLine, ResourceRequest, StockLevel
from app.resources.rules import MOST


def count_stock(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    sku: str,
    on_hand: int,
    note: str = "",
    seen: int | None = None,
) -> StockLevel:
    """Somebody has counted an item: 0 to 1,000,000. `seen` is the number they had before their eyes, -1 for
    none; if it has changed since, Conflict says by whom, because the count may miss that movement.
    """
    actor.require(Permission.REQUEST_FULFIL, facility_id)
    get_facility(uow.session, facility_id)
    lock_or_open(uow, _stream(facility_id))
    item = _item(sku)
    _check_count(on_hand)
    level = uow.session.get(StockLevel, (facility_id, sku), with_for_update=True)
    if seen is not None and seen != (level.on_hand if level else -1):
        assert level is not None, "a count is never taken back"
        raise Conflict(
            f"{item.name}: {level.changed_by} has made it {level.on_hand:,} since you looked ({level.why}). "
            "Please count again."
        )
    return _counted(uow, actor, facility_id, item, level, on_hand, optional_text("note", note, 150))


def seed_stock(
    uow: UnitOfWork, actor: Actor, facility_id: str, levels: Mapping[str, tuple[int, int]]
) -> None:
    """First counts of many items at once: sku to (on hand, par)."""
    actor.require(Permission.REQUEST_FULFIL, facility_id)
    get_facility(uow.session, facility_id)
    lock_or_open(uow, _stream(facility_id))
    for sku, (on_hand, par) in levels.items():
        _check_count(on_hand)
        level = uow.session.get(StockLevel, (facility_id, sku), with_for_update=True)
        _counted(uow, actor, facility_id, _item(sku), level, on_hand, "first count", par=par)


def take_out(
    uow: UnitOfWork,
    incident: Incident,
    actor: Actor,
    request: ResourceRequest,
    line: RequestLine,
    quantity: int,
) -> None:
    """Lower the stock for a fill. One guarded UPDATE: two incidents at once cannot take the same units.

    An exercise takes nothing off the real shelves: there must be enough, and the number stays.
    """
    if line.sku is None:
        raise Invalid.field("source", f"{line.description} is not in the catalogue; name another source")
    if not incident.exercise and _move(uow, incident, actor, request, line, -quantity):
        return
    level = uow.session.get(StockLevel, (incident.facility_id, line.sku), populate_existing=True)
    if level is None:
        raise Invalid.field("source", f"{line.description} was never counted here; count it first")
    if not incident.exercise or quantity > level.on_hand:
        raise Invalid.field("quantity", f"only {level.on_hand:,} are in stock ({level.why})")


def put_back(
    uow: UnitOfWork,
    incident: Incident,
    actor: Actor,
    request: ResourceRequest,
    line: RequestLine,
    quantity: int,
) -> None:
    if not incident.exercise:
        _move(uow, incident, actor, request, line, quantity)


def _move(
    uow: UnitOfWork,
    incident: Incident,
    actor: Actor,
    request: ResourceRequest,
    line: RequestLine,
    change: int,
) -> bool:
    """False, and nothing is changed, when there are too few."""
    assert line.sku is not None
    left = uow.session.scalar(
        sa.update(StockLevel)
        .where(StockLevel.facility_id == incident.facility_id, StockLevel.sku == line.sku)
        .where(StockLevel.on_hand + change >= 0)
        .values(
            on_hand=StockLevel.on_hand + change,
            changed_at=uow.now,
            changed_by=actor.name,
            why=f"{'taken for' if change < 0 else 'back from'} {incident.number} request {request.number}",
        )
        .returning(StockLevel.on_hand)
        .execution_options(synchronize_session=False)
    )
    if left is None:
        return False
    moved = events.StockMoved(
        facility_id=incident.facility_id,
        sku=line.sku,
        name=line.description,
        unit=line.unit,
        change=change,
        on_hand=left,
        request_id=request.id,
        number=request.number,
    )
    record(uow, incident, actor, moved)
    return True


def _counted(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    item: catalogue.StockItem,
    level: StockLevel | None,
    on_hand: int,
    note: str,
    *,
    par: int | None = None,
) -> StockLevel:
    before = level.on_hand if level else None
    if level is None:
        level = StockLevel(facility_id=facility_id, sku=item.sku, par=item.par if par is None else par)
        uow.session.add(level)
    level.on_hand = on_hand
    level.changed_at, level.changed_by = uow.now, actor.name
    level.why = f"counted: {note}" if note else "counted"
    uow.session.flush()
    counted = events.StockCounted(
        facility_id=facility_id,
        sku=item.sku,
        name=item.name,
        unit=item.unit_of_issue,
        before=before,
        on_hand=on_hand,
        note=note,
    )
    append(uow, _stream(facility_id), actor, counted)
    return level


def _stream(facility_id: str) -> str:
    return f"facility:{facility_id}"


def _item(sku: str) -> catalogue.StockItem:
    item = catalogue.find(sku)
    if item is None:
        raise Invalid.field("sku", f"there is no item {sku!r} in the catalogue")
    return item


def _check_count(on_hand: int) -> None:
    if not 0 <= on_hand <= MOST:
        raise Invalid.field("on_hand", f"must be 0 to {MOST:,}; {on_hand:,} was given")
