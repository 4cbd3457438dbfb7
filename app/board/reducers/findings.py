"""Findings and improvement actions."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.board.picture import Picture, on, reads_tables
from app.board.sections.findings import FindingView
from app.journal import Entry
from app.review import events
from app.review.models import Finding


@on(events.FindingAdded)
def added(picture: Picture, _entry: Entry, event: events.FindingAdded) -> None:
    picture.findings.items[event.finding_id] = FindingView(
        event.finding_id, event.number, event.text, event.action, event.owner, event.due_on
    )


@on(events.FindingDone)
def done(picture: Picture, entry: Entry, event: events.FindingDone) -> None:
    finding = picture.findings.items[event.finding_id]
    finding.done_at, finding.note = entry.occurred_at, event.note


@on(events.FindingReopened)
def reopened(picture: Picture, _entry: Entry, event: events.FindingReopened) -> None:
    finding = picture.findings.items[event.finding_id]
    finding.done_at, finding.note = None, ""


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    for f in session.scalars(sa.select(Finding).where(Finding.incident_id == incident_id)):
        picture.findings.items[f.id] = FindingView(
            f.id, f.number, f.text, f.action, f.owner, f.due_on, f.done_at, f.note
        )
