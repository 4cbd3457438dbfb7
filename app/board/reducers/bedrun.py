"""Immediate bed availability."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.bedruns import events, queries
from app.bedruns.looks import Run, Unit
from app.bedruns.models import BedRun
from app.bedruns.rules import Count
from app.board.picture import Picture, on, reads_tables
from app.board.sections.bedrun import BedRunSection
from app.incidents.events import IncidentClosed
from app.incidents.models import Incident, IncidentState
from app.journal import Entry

CARD = "bedrun"


@on(events.BedRunStarted, cards=(CARD,))
def started(picture: Picture, entry: Entry, event: events.BedRunStarted) -> None:
    picture.bedrun.run = Run(
        event.run_id,
        event.exercise,
        event.reason,
        event.percent,
        event.staffed_beds,
        event.target,
        event.started_at,
        entry.actor["name"],
        event.deadline_at,
        units={
            each.unit_id: Unit(
                each.unit_id,
                each.code,
                each.name,
                each.unit_class,
                each.staffed_beds,
                each.occupied_beds,
                each.source,
                each.observed_at,
            )
            for each in event.units
        },
    )


@on(events.BedsCounted, cards=(CARD,))
def counted(picture: Picture, entry: Entry, event: events.BedsCounted) -> None:
    if picture.bedrun.run is not None:
        picture.bedrun.run.counts[event.count_id] = Count(
            event.count_id,
            event.unit_id,
            event.step,
            event.kind_of,
            event.change,
            entry.occurred_at,
            event.undoes,
        )


@on(events.BedRunEnded, cards=(CARD,))
def ended(picture: Picture, entry: Entry, event: events.BedRunEnded) -> None:
    run = picture.bedrun.run
    if run is not None:
        run.state, run.ended_by, run.end_reason = event.state, entry.actor["name"], event.reason
        run.ended_at = event.ended_at


@on(IncidentClosed, cards=(CARD,))
def closed(picture: Picture, _entry: Entry, _event: IncidentClosed) -> None:
    picture.bedrun = BedRunSection()


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    if session.get_one(Incident, incident_id).state is IncidentState.CLOSED:
        return
    query = sa.select(BedRun).where(BedRun.incident_id == incident_id)
    last = session.scalar(query.order_by(BedRun.started_at.desc(), BedRun.id.desc()).limit(1))
    if last is not None:
        picture.bedrun.run = queries.read(session, last)
