"""Senders that die, or stop, at a numbered point of claim, send and record.

`python -m tests.support.dying DATABASE_URL KEY_FILE CARRIER_URL` reads lines "POINT NTH" and forks a sender for each,
which kills itself with SIGKILL (or with "stop POINT NTH" stops itself with SIGSTOP) when it gets there for the NTH
time. "finish" forks one that lives, and works until nothing is undecided. Each line is answered with how it ended:
"killed", "ended CODE" or "stopped PID"; "wake PID" lets a stopped one go on.
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.messaging import lookout
from app.messaging.actions.sending import claim, record
from app.messaging.models import Intent
from app.messaging.states import IntentState
from app.messaging.worker import Sender
from config.settings import Settings, Twilio
from tests.fakes.carrier.settings import Settings as CarrierSettings

POINTS = (
    "before the claim is committed",
    "after the claim, before the request",
    "after the request, before its answer",
    "after the answer, before it is recorded",
    "after it is recorded",
)
HOLDING_NOTHING = "after the answer, before it begins to record"
UNDECIDED = (IntentState.PENDING, IntentState.CLAIMED, IntentState.UNKNOWN)


class HurriedClock:
    """The machine's clock, which skips ahead whenever there is nothing to do but wait."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


CLOCK = HurriedClock()


class Doom:
    """Counts how often the point was reached, and ends it all at the nth time."""

    def __init__(self, point: str, nth: int, number: int) -> None:
        self._point, self._left, self._signal = point, nth, number

    def at(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                signal.raise_signal(self._signal)  # to this thread, which so goes not one step further

    def watch(self, db: Any) -> None:
        """Stand at every point of the way."""
        transact, get_response = db.transact, http.client.HTTPConnection.getresponse

        # Who is stopped for long must not stop another thread within a transaction: SQLite has one writer.
        quiet = threading.RLock() if self._signal == signal.SIGSTOP else nullcontext()

        def watched(action: Any, *args: Any, **kwargs: Any) -> Any:
            with quiet:
                return step(action, *args, **kwargs)

        def step(action: Any, *args: Any, **kwargs: Any) -> Any:
            def inside(uow: Any, *args: Any, **kwargs: Any) -> Any:
                result = action(uow, *args, **kwargs)
                uow.session.flush()
                if result and action in (claim, record):
                    self.at(POINTS[0] if action is claim else POINTS[3])
                return result

            if action is record:
                self.at(HOLDING_NOTHING)
            result = transact(inside, *args, **kwargs)
            if result and action in (claim, record):
                self.at(POINTS[1] if action is claim else POINTS[4])
            return result

        def before_the_answer(connection: Any) -> Any:
            self.at(POINTS[2])
            return get_response(connection)

        db.transact = watched
        http.client.HTTPConnection.getresponse = before_the_answer  # type: ignore[method-assign]


def main(url: str, key: Path, carrier_url: str) -> None:
    account = CarrierSettings()
    twilio = Twilio(
        account.account_sid, account.auth_token, from_number=account.default_sender, base_url=carrier_url
    )
    settings = Settings(
        database_url=url, signing_key_file=key, public_url="http://127.0.0.1:9", twilio=twilio, jobs="off"
    )
    app = create_app(settings, CLOCK)  # once; it opens no connection before there are forks
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.strip().split(maxsplit=2)
        if words[0] == "wake":
            os.kill(int(words[1]), signal.SIGCONT)
            pid = int(words[1])
        elif (pid := os.fork()) == 0:
            os._exit(_be(app, *words))
        _, status = os.waitpid(pid, os.WUNTRACED)
        print(_ending(pid, status), flush=True)


def _be(app: Flask, what: str, nth: str = "1", point: str = "") -> int:
    """`what` is kill, stop or finish."""
    db = app.extensions["muster"].db
    if what != "finish":
        number = signal.SIGKILL if what == "kill" else signal.SIGSTOP
        Doom(point, int(nth), number).watch(db)
    with app.app_context():
        sender = Sender(app)
        if what != "finish":
            sender.run_once()
        else:
            sender.recover()
            while _undecided(db):
                if sender.run_once() + lookout.look(app) == 0:
                    CLOCK.ahead += timedelta(seconds=5)
        sender.stop()
    return 0


def _undecided(db: Any) -> int:
    query = sa.select(sa.func.count()).select_from(Intent).where(Intent.state.in_(UNDECIDED))
    with db.read() as session:
        return session.scalar(query) or 0


def _ending(pid: int, status: int) -> str:
    if os.WIFSTOPPED(status):
        return f"stopped {pid}"
    return "killed" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
