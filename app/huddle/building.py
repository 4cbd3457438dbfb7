"""The sheet of a hospital now, from capacity, the roster, what was said this morning and what was promised before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.facilities.models import Facility
from app.huddle import counts, queries, rules
from app.huddle.models import HuddleItem, HuddleSheet
from app.huddle.sheet import (
    NOBODY,
    Line,
    Moment,
    Number,
    Promise,
    Row,
    Sheet,
    Waiting,
    read,
    total,
)
from app.scores.nursing import nurses_for
from app.surge import queries as surge_queries
from app.surge.asking import to_ask
from app.surge.capacity import House, UnitCapacity, house
from app.surge.huddle_metrics import INTO, NEXT_SHIFT, OUT, WITHOUT, asked_of
from app.surge.inforce import levels_of


def build(session: Session, facility: Facility, now: datetime) -> Sheet:
    found = house(session, facility.id, now)
    day = now.astimezone(ZoneInfo(facility.zone)).date().isoformat()
    moments = tuple(Moment(label, at) for label, at in rules.moments(now, facility.zone))
    roster = counts.rostered(session, facility.id, now)
    stale = {each.unit.id: tuple(wanted.label for wanted in each.wanted) for each in to_ask(found.units)}
    rows = tuple(
        _row(each, group.label, roster.get(each.unit.id), stale.get(each.unit.id, ()), moments, now, facility)
        for group in found.classes
        for each in group.units
    )
    level = surge_queries.level(session, facility.id)
    recommended = surge_queries.open_recommendation(session, facility.id)
    names = {each.unit.id: each.unit.name for each in found.units}
    promised_day, promises = promised(session, facility, day)
    last = queries.last_sheet(session, facility.id)
    done = queries.done_since(session, facility.id, last.held_at) if last else ()
    return Sheet(
        hospital=facility.name,
        code=facility.code,
        zone=facility.zone,
        day=day,
        made_at=now,
        level=level.label if level else levels_of(session, facility.id)[0].label,
        level_at=level.set_at if level else None,
        recommended=recommended.label if recommended else "",
        fired=tuple(firing.title for firing, _ in surge_queries.standing_firings(session, facility.id)),
        moments=moments,
        rows=rows,
        total=total(rows, len(moments)),
        waiting=tuple(_waiting(found)),
        promised_day=promised_day,
        promises=promises,
        items=lines(queries.open_items(session, facility.id), names),
        since_last=lines(done, names),
    )


def lines(items: Iterable[HuddleItem], names: Mapping[str, str]) -> tuple[Line, ...]:
    return tuple(
        Line(
            item_id=each.id,
            kind=each.kind.value,
            text=each.text,
            unit=names.get(each.unit_id, "") if each.unit_id else "",
            owner=each.owner,
            due_at=each.due_at,
            raised_at=each.raised_at,
            raised_by=each.raised_by,
            huddles=each.huddles,
            done_at=each.done_at,
            outcome=each.outcome,
        )
        for each in items
    )


def promised(session: Session, facility: Facility, day: str) -> tuple[str, tuple[Promise, ...]]:
    """What the last sheet of an earlier day said of its midnight, and what was counted then."""
    held = queries.last_sheet(session, facility.id, before_day=day)
    if held is None:
        return "", ()
    return held.day, kept(session, held)


def kept(session: Session, held: HuddleSheet) -> tuple[Promise, ...]:
    sheet = read(held.sheet)
    rows = [row for row in sheet.rows if row.asked]
    moment = rules.midnight(date.fromisoformat(sheet.day), sheet.zone)
    counted = counts.at_midnight(session, [row.unit_id for row in rows], moment)
    return tuple(_promise(row, counted.get(row.unit_id)) for row in rows)


def _promise(row: Row, counted: tuple[int, datetime] | None) -> Promise:
    value, at = counted if counted else (None, None)
    net = row.nets[-1] if row.nets else None
    if net is None or row.free is None or row.census.known is None:
        return Promise(row.name, None, value, at)
    return Promise(row.name, row.census.known - (net - row.free + row.over), value, at)


def _row(
    each: UnitCapacity,
    group: str,
    rostered: int | None,
    stale: tuple[str, ...],
    moments: Sequence[Moment],
    now: datetime,
    facility: Facility,
) -> Row:
    unit, room = each.unit, each.room
    out, into = (_today(each, slug, now, facility.zone) for slug in (OUT, INTO))
    free = None if room.beds is None else room.beds - room.over
    ends = moments[-1].at
    ratio = each.ratio.patients
    staffed = _number(each, "staffed_beds")
    return Row(
        unit_id=unit.id,
        code=unit.code,
        name=unit.name,
        group=group,
        inpatient=unit.unit_class not in WITHOUT,
        census=_number(each, "occupied_beds"),
        staffed=staffed if staffed.value is not None else Number(unit.staffed_beds, None, "as set up", True),
        free=room.beds,
        over=room.over,
        at_most=room.at_most,
        limit=room.limit,
        blocked=_number(each, "blocked_beds"),
        causes=each.causes,
        out=out,
        into=into,
        needed=nurses_for(each.occupied, ratio) if each.occupied is not None and ratio else None,
        ratio=ratio,
        nurses=_number(each, NEXT_SHIFT),
        rostered=rostered,
        nets=tuple(rules.net(free, _said(out), _said(into), now, moment.at, ends) for moment in moments),
        stale=stale,
        asked=asked_of(unit.unit_class),
    )


def _number(each: UnitCapacity, metric: str) -> Number:
    value = each.values.get(metric)
    return Number(value.value, value.observed_at, value.source, value.fresh) if value else NOBODY


def _today(each: UnitCapacity, metric: str, now: datetime, zone: str) -> Number:
    """What was said today; what was said before is no word on today."""
    found = _number(each, metric)
    if found.at is None or not rules.is_today(found.at, now, zone):
        return NOBODY
    return found


def _said(number: Number) -> rules.Said | None:
    if number.known is None or number.at is None:
        return None
    return rules.Said(number.known, number.at)


def _waiting(found: House) -> Iterable[Waiting]:
    for each in found.units:
        if each.unit.unit_class == "ed":
            yield Waiting(each.unit.name, _number(each, "ed_boarding"), _number(each, "ed_longest_wait"))
