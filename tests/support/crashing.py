"""A process that calls 200 people in and sends the texts, to be killed at any moment.

`python -m tests.support.crashing DATABASE_URL KEY_FILE INCIDENT_ID`: whatever an earlier one began, this one
finishes: it opens the call-out if there is none, sends until nothing waits, and says "drained".
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from app import create_app
from app.activation.actions import open_callout
from app.activation.candidates import Group
from app.activation.models import Callout
from app.escalation import engine
from app.messaging import lookout
from app.messaging.models import Intent
from app.messaging.states import IntentState
from app.messaging.worker import Sender
from config.settings import DEMO_SECRET, Settings
from tests.support.hospital import SETUP


class HurriedClock:
    """The machine's clock, which skips ahead whenever there is nothing to do but wait."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def skip(self) -> None:
        self._ahead += timedelta(seconds=1)


GROUP = Group("crowd", None, 200)
UNDECIDED = (IntentState.PENDING, IntentState.CLAIMED, IntentState.UNKNOWN)


def main(url: str, key: Path, incident_id: str) -> None:
    settings = Settings(
        database_url=url,
        signing_key_file=key,
        secret_key=DEMO_SECRET,
        public_url="http://localhost",
        jobs="off",
    )
    clock = HurriedClock()
    app = create_app(settings, clock)
    db = app.extensions["muster"].db
    print("ready", flush=True)
    with app.app_context():
        with db.read() as session:
            begun = session.scalar(sa.select(sa.func.count()).select_from(Callout))
        if not begun:
            db.transact(
                open_callout, SETUP, incident_id, groups=[GROUP], positions=[], public_url="http://localhost"
            )
        print("called", flush=True)
        sender = Sender(app)
        sender.recover()
        while _undecided(db):
            if sender.run_once() + lookout.look(app) + engine.tick(db) == 0:
                clock.skip()
        sender.stop()
    print("drained", flush=True)


def _undecided(db) -> int:  # type: ignore[no-untyped-def]
    query = sa.select(sa.func.count()).select_from(Intent).where(Intent.state.in_(UNDECIDED))
    with db.read() as session:
        return session.scalar(query) or 0


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
