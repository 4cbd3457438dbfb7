"""The activity log: every entry of the journal in plain words, notes, corrections."""

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.board.picture import Picture, fold
from app.board.wording import sentence
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.incidents import actions
from app.incidents.models import Incident
from app.incidents.pages.frame import pages, show, zone_of
from app.journal import Entry, entries
from app.runtime import transact
from app.web.forms import Errors, done, local_time, page_number, submitted, typed

PAGE = 100
LATE = timedelta(minutes=2)


@pages.route("/incidents/<uuid:incident_id>/log")
@requires(Permission.BOARD_VIEW)
def log(incident_id: UUID) -> str:
    return _page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/log", methods=["POST"])
@requires(Permission.JOURNAL_NOTE)
def add_note(incident_id: UUID) -> Any:
    def act() -> Any:
        occurred_at = local_time("occurred_at", zone_of(incident_id))
        transact(actions.note, actor(), str(incident_id), text=typed("text"), occurred_at=occurred_at)
        return done("Note added.", url_for("incidents.log", incident_id=incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/log/<int(max=999999999):seq>/correct")
@requires(Permission.JOURNAL_NOTE)
def correct(incident_id: UUID, seq: int) -> str:
    return _correction(incident_id, seq)


@pages.route("/incidents/<uuid:incident_id>/log/<int(max=999999999):seq>/correct", methods=["POST"])
@requires(Permission.JOURNAL_NOTE)
def correct_entry(incident_id: UUID, seq: int) -> Any:
    def act() -> Any:
        transact(
            actions.correct,
            actor(),
            str(incident_id),
            seq=seq,
            statement=typed("statement"),
            reason=typed("reason"),
        )
        return done(
            "Correction added; the entry itself stays.", url_for("incidents.log", incident_id=incident_id)
        )

    return submitted(act, lambda errors: _correction(incident_id, seq, errors))


def _page(incident_id: UUID, errors: Errors | None = None) -> str:
    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        written = list(entries(db, incident.stream))
        corrected = {entry.corrects for entry in written if entry.corrects}
        picture = fold(written)
        number = page_number()
        shown = written[::-1][(number - 1) * PAGE : number * PAGE]
        return {
            "lines": [line(entry, picture, corrected) for entry in shown],
            "total": len(written),
            "number": number,
            "count_of_pages": -(-len(written) // PAGE),
        }

    return show(incident_id, "Log", "log.html", fill, data=request.form, errors=errors)


def _correction(incident_id: UUID, seq: int, errors: Errors | None = None) -> str:
    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        written = list(entries(db, incident.stream))
        if not 1 <= seq <= len(written):
            raise NotFound(f"{incident.number} has no entry {seq}.")
        return {"line": line(written[seq - 1], fold(written), set())}

    return show(incident_id, "Log", "correct.html", fill, data=request.form, errors=errors)


def line(entry: Entry, picture: Picture, corrected: Set[int | None]) -> dict[str, Any]:
    """An entry as the log shows it. `entered_at` only where it was told later than it happened."""
    return {
        "seq": entry.seq,
        "at": entry.occurred_at,
        "entered_at": entry.recorded_at if entry.recorded_at - entry.occurred_at > LATE else None,
        "text": sentence(entry.kind, entry.data, picture),
        "who": entry.actor["name"],
        "position": entry.position,
        "corrected": entry.seq in corrected,
        "reason": entry.data.get("reason") if entry.corrects else None,
        "handover": entry.data.get("handover"),
    }
