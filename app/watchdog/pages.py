"""How the engine does: whether all is well, what waits in which lane, what waits for what, who is alive."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.escalation import queries as escalation
from app.escalation.deadlines import COME_BACK
from app.escalation.kinds import KINDS
from app.escalation.planner import DOES
from app.health.checks import late_parts
from app.health.models import EngineBeat
from app.messaging.actions.senders import reopen
from app.messaging.channels import Channel
from app.messaging.queries import queue, sender_events
from app.runtime import runtime, transact
from app.watchdog import engine as reading
from app.watchdog import queries
from app.watchdog.registry import AUDITS
from app.watchdog.wording import label
from app.web.forms import done, typed

pages = Blueprint("watchdog", __name__)

SHOWN, FIRST = 50, 10
DECISIONS = 8
SILENT_SECONDS = 30
"""A part that has said nothing for so long is taken to be dead."""
CLEAN_SECONDS = 90
PING_SECONDS = 150


@pages.route("/engine")
@requires(Permission.SYSTEM_VIEW, keeps_awake=False)
def engine() -> str:
    rt = runtime()
    now = rt.clock.now()
    with rt.db.read() as db:
        waiting = [
            (deadline, incident, KINDS[deadline.kind].about(db, deadline.subject_id).title)
            for deadline, incident in escalation.waiting(db, SHOWN)
        ]
        counts = queries.open_counts(db)
        beats = db.scalars(sa.select(EngineBeat).order_by(EngineBeat.part, EngineBeat.process)).all()
        return render_template(
            "watchdog/engine.html",
            watch=queries.state(db),
            trouble=queries.trouble(db, now),
            counts=[(label(kind), count) for kind, count in sorted(counts.items())],
            past_bound=sum(counts.values()),
            findings=[(label(finding.kind), finding) for finding in queries.open_findings(db, SHOWN)],
            audits=AUDITS.values(),
            watched_outside=rt.settings.watchdog_url is not None,
            on_watch=len(rt.settings.watch_contacts),
            lanes=reading.lanes(db, now),
            rates=reading.rates(db, now),
            decisions=sender_events(db, DECISIONS),
            shown=reading.shown,
            errors=reading.errors(db, now),
            ended=reading.ended(db, now),
            texts=queue(db, now),
            loads=escalation.loads(db, now),
            waiting=waiting,
            does=dict(DOES) | {COME_BACK: "it comes back"},
            first=FIRST,
            beats=beats,
            stopped=late_parts(beats, now),
            silent_seconds=SILENT_SECONDS,
            clean_seconds=CLEAN_SECONDS,
            ping_seconds=PING_SECONDS,
        )


@pages.route("/engine/senders/open", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def open_sender() -> Any:
    """Whoever has put its set-up right lets a sender send again, now."""
    channel = typed("channel")
    if channel not in list(Channel):
        raise Invalid.field("channel", f"must be one of {', '.join(Channel)}")
    transact(reopen, actor(), channel=Channel(channel), sender=typed("sender"))
    return done("It may send again.", url_for("watchdog.engine"))
