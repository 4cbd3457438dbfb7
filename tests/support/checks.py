"""Checks that hold for every test that has an app."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.board.picture import comparable, fold, from_tables
from app.incidents.models import Incident, stream_of
from app.journal import entries
from app.journal.models import StreamHead
from app.journal.verify import verify_stream


def assert_fold_matches(session: Session, incident_id: str) -> None:
    """Folding the journal gives the picture that the state tables give."""
    folded: Any = comparable(fold(entries(session, stream_of(incident_id))))
    read: Any = comparable(from_tables(session, incident_id))
    for section in folded:
        assert folded[section] == read[section], f"fold and tables differ in {section}"


def assert_journals_hold(app: Flask) -> None:
    rt = app.extensions["muster"]
    with rt.db.read() as session:
        for stream in session.scalars(sa.select(StreamHead.id).where(StreamHead.seq > 0)):
            verdict = verify_stream(session, stream, rt.signer)
            assert verdict.ok, verdict.fault
        for incident_id in session.scalars(sa.select(Incident.id)):
            assert_fold_matches(session, incident_id)
