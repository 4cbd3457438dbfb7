"""Counting beds in a run: more, fewer, and taking one count back. Everybody who counts queues at the hospital."""

from __future__ import annotations

import sqlalchemy as sa

from app.bedruns import events, queries, rules
from app.bedruns.actions.record import take, tell
from app.bedruns.models import BedRun, BedRunCount, BedRunUnit
from app.bedruns.rules import Count, Tally
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission

WORDS = {
    rules.IDENTIFIED: "who can go",
    rules.FREED: "freed",
    rules.CLEANED: "cleaned",
    rules.STAFFED: "staffed",
}


def count(
    uow: UnitOfWork, actor: Actor, run_id: str, *, unit: str, step: str, kind: str = "", change: int
) -> BedRunCount:
    """So many more (or fewer) of a step in a unit, by its code. Numbers only: nobody is named here."""
    if step not in rules.STEPS:
        raise Invalid.field("step", f"must be one of {', '.join(rules.STEPS)}")
    if kind not in rules.KINDS[step]:
        allowed = ", ".join(rules.KINDS[step]) or "empty for this step"
        raise Invalid.field("kind", f"must be one of {allowed}" if kind or rules.KINDS[step][0] else allowed)
    if change == 0 or abs(change) > rules.MOST_AT_ONCE:
        raise Invalid.field(
            "change", f"must be from -{rules.MOST_AT_ONCE} to {rules.MOST_AT_ONCE}, and not 0"
        )
    run = _take(uow, actor, run_id)
    found = next((each for each in queries.units(uow.session, run.id) if each.code == unit), None)
    if found is None:
        raise Invalid.field("unit", f"{unit!r} takes no part in this run")
    return _add(uow, actor, run, found, step, kind, change, None)


def undo(uow: UnitOfWork, actor: Actor, run_id: str, count_id: str) -> BedRunCount:
    """Take one count back: all is as if it had not been made. Both stay in the journal."""
    run = _take(uow, actor, run_id)
    row = uow.session.get(BedRunCount, count_id)
    if row is None or row.run_id != run.id:
        raise NotFound("There is no such count in this run.")
    taken_back = sa.select(BedRunCount.by).where(BedRunCount.undoes == row.id)
    if by := uow.session.scalar(taken_back):
        raise Conflict(f"{by} has taken that back already.")
    if row.undoes is not None:
        raise Conflict("That was itself taking something back; count it again instead.")
    unit = uow.session.get_one(BedRunUnit, (run.id, row.unit_id))
    return _add(uow, actor, run, unit, row.step, row.kind, -row.change, row.id)


def _take(uow: UnitOfWork, actor: Actor, run_id: str) -> BedRun:
    actor.require(Permission.READING_ENTER, queries.run(uow.session, run_id).facility_id)
    run = take(uow, run_id)
    if uow.now >= run.deadline_at:
        raise Conflict("The four hours are over; what was counted by then stands.")
    return run


def _add(
    uow: UnitOfWork,
    actor: Actor,
    run: BedRun,
    unit: BedRunUnit,
    step: str,
    kind: str,
    change: int,
    undoes: str | None,
) -> BedRunCount:
    row = BedRunCount(
        id=uow.new_id(),
        run_id=run.id,
        unit_id=unit.unit_id,
        step=step,
        kind=kind,
        change=change,
        at=uow.now,
        by=actor.name,
        undoes=undoes,
    )
    _check(uow, run, unit, Count(row.id, unit.unit_id, step, kind, change, uow.now))
    uow.session.add(row)
    uow.session.flush()
    counted = events.BedsCounted(
        run_id=run.id,
        count_id=row.id,
        unit_id=unit.unit_id,
        unit=unit.name,
        step=step,
        kind_of=kind,
        change=change,
        undoes=undoes or "",
    )
    tell(uow, actor, run, counted)
    return row


def _check(uow: UnitOfWork, run: BedRun, unit: BedRunUnit, wanted: Count) -> None:
    before = rules.tallies(queries.as_counts(queries.rows(uow.session, run.id))).get(unit.unit_id, Tally())
    if why := rules.refusal(before, wanted, unit.staffed_beds):
        raise Invalid.field("change", f"{unit.name}, {WORDS[wanted.step]}: {why}")
