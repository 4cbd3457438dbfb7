"""How the engine does: what waits for what, and whether anything is silent."""

from __future__ import annotations

import sqlalchemy as sa
from flask import render_template

from app.accounts.access import requires
from app.core.permissions import Permission
from app.escalation import policy_pages, queries, waiting_pages
from app.escalation.deadlines import COME_BACK
from app.escalation.frame import pages
from app.escalation.kinds import KINDS
from app.escalation.planner import DOES
from app.health.models import EngineBeat
from app.messaging.queries import queue
from app.messaging.states import IntentState
from app.runtime import runtime

__all__ = ["pages", "policy_pages", "waiting_pages"]

SHOWN = 50
SILENT_SECONDS = 30
"""A part that has said nothing for so long is taken to be dead."""


@pages.route("/engine")
@requires(Permission.SYSTEM_VIEW, keeps_awake=False)
def engine() -> str:
    rt = runtime()
    now = rt.clock.now()
    with rt.db.read() as db:
        waiting = queries.waiting(db, SHOWN)
        beats = db.scalars(sa.select(EngineBeat).order_by(EngineBeat.part, EngineBeat.process)).all()
        texts = queue(db, now)
        return render_template(
            "escalation/engine.html",
            loads=queries.loads(db, now),
            waiting=[
                (deadline, incident, KINDS[deadline.kind].about(db, deadline.subject_id).title)
                for deadline, incident in waiting
            ],
            beats=beats,
            silent_seconds=SILENT_SECONDS,
            texts=texts,
            states=[(state.value, texts.by_state.get(state, 0)) for state in IntentState],
            does=dict(DOES) | {COME_BACK: "it comes back"},
        )
