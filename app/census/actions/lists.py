"""Census lists: compared with the running census, and the differences accepted or left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.census import feed_queries
from app.census.actions.feed import lock_feed
from app.census.actions.folding import census_as_of, refold
from app.census.events import CensusCompared, CensusCorrected
from app.census.listing import CensusListIn
from app.census.models import AdtEvent, AdtVisit, CensusDifference, CensusList
from app.census.queries import mapping
from app.census.reconciling import Difference, Found, Listed, ListState, compare, may_accept_itself
from app.census.rules import LISTED, NOT_LISTED
from app.census.visits import PRESENT, Effect, Event, Place, State, Visit
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid
from app.core.ids import digest
from app.core.permissions import Permission
from app.facilities.stream import stream_of, take_hospitals
from app.journal import append

OLDEST = timedelta(hours=48)
AHEAD = timedelta(minutes=5)
RULE = Actor.system("census")
_STORED_FOR = 120
"""Of a hospital's lists the newest so many are kept with their differences: a season of nights."""


def take_list(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, given: CensusListIn, taken_at: datetime
) -> CensusList:
    """Compare a list with the census as it was at `taken_at`. One that agrees, or that the hospital's rule accepts,
    is settled at once; else it waits for a person, in place of an older one that still waited."""
    actor.require(Permission.READING_ENTER, facility_id)
    if taken_at > uow.now + AHEAD or taken_at < uow.now - OLDEST:
        raise Invalid.field("taken_at", "must be a moment of the last 48 hours")
    taken_at = min(taken_at, uow.now)
    take_hospitals(uow, [facility_id])
    lock_feed(uow, facility_id)
    visits, same, found = _compared(uow, facility_id, given.rows, taken_at)
    _close_older(uow, facility_id)
    row = CensusList(
        id=uow.new_id(),
        facility_id=facility_id,
        taken_at=taken_at,
        received_at=uow.now,
        given_by=actor.name,
        form=given.form,
        patients=len(given.rows),
        same=same,
        faults="\n".join(given.faults),
        state=ListState.OPEN if found else ListState.AGREED,
        settled_at=None if found else uow.now,
        settled_by=None if found else RULE.name,
        reason="",
    )
    uow.session.add(row)
    uow.session.flush()
    uow.session.add_all(_difference(row.id, each, visits.get(each.visit)) for each in found)
    kinds = [each.kind for each in found]
    compared = CensusCompared(
        list_id=row.id,
        taken_at=taken_at,
        form=row.form,
        patients=row.patients,
        same=same,
        ours=kinds.count(Difference.OURS),
        theirs=kinds.count(Difference.THEIRS),
        elsewhere=kinds.count(Difference.ELSEWHERE),
    )
    append(uow, stream_of(facility_id), actor, compared)
    up_to = feed_queries.setting(uow.session, facility_id).accepts_up_to
    if found and not given.faults and may_accept_itself(row.patients, same, len(found), up_to):
        _settle(uow, RULE, row, {each.visit for each in found}, f"differs in no more than {up_to}", True)
    uow.session.flush()
    return row


def settle_list(
    uow: UnitOfWork, actor: Actor, list_id: str, *, accept: Collection[str], reason: str = ""
) -> CensusList:
    """Accept these visits' differences as corrections of the census and leave the others. Raises Conflict when
    somebody was first."""
    row = feed_queries.census_list(uow.session, list_id)
    actor.require(Permission.READING_ENTER, row.facility_id)
    take_hospitals(uow, [row.facility_id])
    lock_feed(uow, row.facility_id)
    uow.session.refresh(row)
    if row.state is not ListState.OPEN:
        who = f" by {row.settled_by}" if row.settled_by else ""
        raise Conflict(f"This list is {row.state.value} already{who}.")
    if not accept and not reason.strip():
        raise Invalid.field("reason", "say why nothing of it is accepted")
    _settle(uow, actor, row, accept, reason.strip()[:500], False)
    return row


def _compared(
    uow: UnitOfWork, facility_id: str, rows: list[Listed], taken_at: datetime
) -> tuple[dict[str, Visit], int, list[Found]]:
    """The visits as they were, how many agree, and what differs. What is left out of the census is not asked for."""
    here = sa.select(AdtVisit.visit).where(AdtVisit.facility_id == facility_id)
    present = uow.session.scalars(here.where(AdtVisit.state.in_(PRESENT))).all()
    gone_since = here.where(AdtVisit.ended_at > taken_at, AdtVisit.pruned_until.is_(None))
    wanted = {*present, *uow.session.scalars(gone_since), *(row.visit for row in rows)}
    census = census_as_of(uow.session, facility_id, wanted, taken_at)
    _, left_out = mapping(uow.session, facility_id)
    ours: dict[str, Place | None] = {}
    away = set()
    for key, visit in census.visits.items():
        if visit.state in (State.IN_HOUSE, State.ON_LEAVE):
            ours[key] = visit.place
            if visit.state is State.ON_LEAVE or (visit.place and visit.place.point_of_care in left_out):
                away.add(key)
    listed = {census.survivor(row.visit): row for row in reversed(rows)}
    asked = [Listed(visit, row.place, row.line) for visit, row in reversed(listed.items())]
    same, found = compare(ours, [row for row in asked if row.place.point_of_care not in left_out], away=away)
    return census.visits, same, found


def _close_older(uow: UnitOfWork, facility_id: str) -> None:
    mine = CensusList.facility_id == facility_id
    waiting = sa.update(CensusList).where(mine, CensusList.state == ListState.OPEN)
    uow.session.execute(waiting.values(state=ListState.SUPERSEDED, settled_at=uow.now))
    kept = sa.select(CensusList.id).where(mine).order_by(CensusList.id.desc()).limit(_STORED_FOR)
    oldest = min(uow.session.scalars(kept), default=None)
    if oldest is not None:
        old = sa.select(CensusList.id).where(mine, CensusList.id < oldest)
        uow.session.execute(sa.delete(CensusDifference).where(CensusDifference.list_id.in_(old)))


def _difference(list_id: str, found: Found, visit: Visit | None) -> CensusDifference:
    return CensusDifference(
        list_id=list_id,
        visit=found.visit,
        kind=found.kind,
        line=found.line,
        point_of_care=found.ours.point_of_care if found.ours else None,
        room=found.ours.room if found.ours else "",
        bed=found.ours.bed if found.ours else "",
        listed_point_of_care=found.theirs.point_of_care if found.theirs else None,
        listed_room=found.theirs.room if found.theirs else "",
        listed_bed=found.theirs.bed if found.theirs else "",
        admitted_at=visit.admitted_at if visit else None,
        accepted=None,
    )


def _settle(
    uow: UnitOfWork, actor: Actor, row: CensusList, accept: Collection[str], reason: str, by_rule: bool
) -> None:
    uow.session.flush()
    accepted = []
    rows = feed_queries.differences(uow.session, row.id)
    for each in rows:
        each.accepted = each.visit in accept
        if each.accepted:
            accepted.append(each)
    row.state = ListState.ACCEPTED if accepted else ListState.LEFT
    row.settled_at, row.settled_by, row.reason = uow.now, actor.name, reason
    events = [_event(row, each) for each in accepted]
    if events:
        _keep(uow, row, events)
    kinds = [each.kind for each in accepted]
    corrected = CensusCorrected(
        list_id=row.id,
        ended=kinds.count(Difference.OURS),
        found=kinds.count(Difference.THEIRS),
        moved=kinds.count(Difference.ELSEWHERE),
        left=len(rows) - len(accepted),
        by_rule=by_rule,
        reason=reason,
    )
    append(uow, stream_of(row.facility_id), actor, corrected)


def _event(row: CensusList, each: CensusDifference) -> Event:
    """It happened when the list was taken, so whatever the messages say of later stands."""
    gone = each.kind is Difference.OURS
    place = None
    if each.listed_point_of_care:
        place = Place(each.listed_point_of_care, each.listed_room, each.listed_bed)
    return Event(
        visit=each.visit,
        kind=NOT_LISTED if gone else LISTED,
        at=row.taken_at,
        sent_at=row.taken_at,
        ident=f"{digest(f'{row.id}{each.visit}')}0",
        place=place,
        patient_class="" if gone else "I",
    )


def _keep(uow: UnitOfWork, row: CensusList, events: list[Event]) -> None:
    uow.session.execute(
        sa.insert(AdtEvent).execution_options(render_nulls=True),
        [
            {
                "ident": event.ident,
                "facility_id": row.facility_id,
                "control_id": f"census list {row.id[:8]}",
                "kind": event.kind,
                "at": event.at,
                "sent_at": event.sent_at,
                "received_at": uow.now,
                "visit": event.visit,
                "absorbs": None,
                "patient_class": event.patient_class,
                "point_of_care": event.place.point_of_care if event.place else None,
                "room": event.place.room if event.place else "",
                "bed": event.place.bed if event.place else "",
                "prior_point_of_care": None,
                "prior_room": "",
                "prior_bed": "",
                "effect": Effect.NONE,
                "why": "",
            }
            for event in events
        ],
    )
    if refold(uow.session, row.facility_id, events):
        feed = lock_feed(uow, row.facility_id)
        feed.version += 1
        uow.announce("census", row.facility_id)
