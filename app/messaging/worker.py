"""The sender: takes messages in hand, calls carriers from pools of threads, records what they answered.

It has a line for each channel, so that slow calls never hold up texts. Any number of senders may run, in any number
of processes. No database connection is held across a call to a carrier.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import sqlalchemy as sa
import structlog
from flask import Flask

from app.core.ids import new_secret
from app.messaging.actions.looks import lapse
from app.messaging.actions.sending import Claim, Outcome, claim, is_due, record, room_at
from app.messaging.carriers import Ambiguous, Carrier, Outgoing, Refused
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.models import Attempt
from app.messaging.pace import AHEAD
from app.messaging.states import AttemptState
from app.runtime import Runtime

log = structlog.get_logger()

THREADS = 64
"""Calls at the same time: at 150 ms each that is room for 400 texts a second."""

MOST_AHEAD = 2 * AHEAD
"""No thread sleeps longer before its message's moment, whatever the clock does."""

SLEPT = Refused(None, ErrorClass.RETRY_LITTLE, "The sender was held up; this try was not made.")

POLL_SECONDS = 0.5
_CLAIM_MOST, _RECORD_MOST, _IN_HAND_MOST = 64, 256, 512
_FEW = {Channel.EMAIL: 8}  # each holds a connection to the mail server
_SIMULATED_THREADS = 4  # they write to our own database, where more would only queue


class Sender:
    """`run_once` for tests and commands; `start` and `stop` for threads that send whatever becomes due."""

    def __init__(self, app: Flask) -> None:
        self._rt: Runtime = app.extensions["muster"]
        self._name = f"{_machine()}:{os.getpid()}:{new_secret()[:8]}"
        self._lines = [_Line(app, channel, self._name) for channel in Channel]

    def run_once(self) -> int:
        """Send everything that is due; returns how many tries were made or withheld."""
        return sum(line.run_once() for line in self._lines)

    def start(self) -> None:
        """Send in the background until `stop`."""
        try:
            self.recover()
        except Exception:
            log.exception("sender.recover_failed")
        for line in self._lines:
            line.start()

    def stop(self) -> None:
        """Finish what is in hand and end; it cannot be started again."""
        for line in self._lines:
            line.stop()
        for line in self._lines:
            line.join()

    def recover(self) -> int:
        """Give up the texts of senders on this machine whose process is gone, before their lease is over."""
        return lapse_all(self._rt, _of_dead_processes(self._rt))


class _Line:
    """What goes over one channel, by its carrier. Without one, what is asked for is withheld and told at once."""

    def __init__(self, app: Flask, channel: Channel, name: str) -> None:
        self._app = app
        self._rt: Runtime = app.extensions["muster"]
        self._channel = channel
        carriers: dict[Channel, Carrier] = self._rt.parts["carriers"]
        self._carrier = carriers.get(channel)
        senders = [one for one in self._rt.settings.senders if one.channel is channel]
        self._senders = senders if self._carrier else []
        self._paced = any(one.rate for one in self._senders)
        self._name = name
        simulated = self._carrier is None or self._carrier.name == "simulated"
        self._threads = _SIMULATED_THREADS if simulated else _FEW.get(channel, THREADS)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=f"sender-{channel}")
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix=f"records-{channel}")
        self._happened: queue.SimpleQueue[Outcome | int] = queue.SimpleQueue()
        self._in_hand = 0  # claimed and not recorded; of these, calls that have not been answered,
        self._calls = 0
        self._answered: list[Outcome] = []  # and answers that wait for the clerk.
        self._recording = False
        self._again_at = 0.0  # on the monotonic clock: when a claim may find more than the last one did
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._rt.db.listen("intents", lambda _key: self._wake.set())

    def run_once(self) -> int:
        """Send everything that is due; returns how many tries were made or withheld."""
        done = 0
        with self._app.app_context():
            self._again_at = 0.0
            while True:
                self._claim_more()
                if self._in_hand == 0:
                    return done
                done += self._wait()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"sender-{self._channel}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._rt.parts["rush"].note(self._name + self._channel, False)
        self._pool.shutdown()
        self._clerk.shutdown()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self.run_once()
            except Exception:
                log.exception("sender.failed")
                self._again_at = time.monotonic() + POLL_SECONDS
            self._wake.wait(max(0.0, min(self._again_at - time.monotonic(), POLL_SECONDS)))

    def _claim_more(self) -> None:
        """So that the pool does not run dry while there is work, whatever recording is waiting for."""
        if self._stopping.is_set() or self._in_hand > _IN_HAND_MOST or self._calls > self._threads:
            return
        if time.monotonic() < self._again_at and not (self._in_hand and self._wake.is_set()):
            return
        self._wake.clear()
        now = self._rt.clock.now()
        with self._rt.db.read() as session:
            due = is_due(session, self._channel, now)
        claims = self._claim() if due else []
        self._rt.parts["rush"].note(self._name + self._channel, len(claims) >= _CLAIM_MOST)
        if len(claims) < _CLAIM_MOST:
            self._again_at = time.monotonic() + (self._pause(now) if due else POLL_SECONDS)
        for one in claims:
            if one.withheld is not None:
                self._happened.put(Outcome(one.attempt_id, one.withheld, withheld=True))
            else:
                self._pool.submit(self._send, one)

    def _claim(self) -> list[Claim]:
        # Of a paced sender each moment counts, and it takes few at a time.
        transact = self._rt.db.transact_first if self._paced else self._rt.db.transact
        claims = transact(
            claim,
            worker=self._name,
            carrier=self._carrier.name if self._carrier else "none",
            senders=self._senders,
            most=_CLAIM_MOST,
            channel=self._channel,
        )
        self._in_hand += len(claims)
        self._calls += len(claims)
        return claims

    def _pause(self, now: datetime) -> float:
        """Seconds until a sender has room, so that a paced one neither waits nor is asked for every single text."""
        with self._rt.db.read() as session:
            until = room_at(session, self._channel, now)
        return min(max((until - now).total_seconds(), AHEAD.total_seconds() / 5), POLL_SECONDS)

    def _wait(self) -> int:
        """Wait until something happens, have it recorded, and return how many were."""
        recorded = 0
        for event in self._events():
            if isinstance(event, Outcome):
                self._answered.append(event)
                self._calls -= 1
            else:
                self._recording = False
                recorded += event
        self._in_hand -= recorded
        if self._answered and not self._recording:
            self._recording = True
            self._clerk.submit(self._record_and_say, self._answered[:_RECORD_MOST])
            del self._answered[:_RECORD_MOST]
        return recorded

    def _send(self, one: Claim) -> None:
        assert self._carrier is not None
        now = self._rt.clock.now()
        if one.moment is not None and now < one.moment:
            time.sleep(min(one.moment - now, MOST_AHEAD).total_seconds())
        if one.until is not None and now >= one.until:
            self._happened.put(Outcome(one.attempt_id, SLEPT))
            return
        try:
            result = self._carrier.send(self._outgoing(self._carrier, one))
        except Exception:
            log.exception("carrier.raised")
            result = Ambiguous("The call to the carrier broke off.")
        self._happened.put(Outcome(one.attempt_id, result))

    def _outgoing(self, carrier: Carrier, one: Claim) -> Outgoing:
        url = f"{self._rt.settings.public_url}/webhooks/twilio/status/{one.attempt_id}"
        return Outgoing(
            to=one.to,
            body=one.body,
            attempt_id=one.attempt_id,
            reference=one.reference,
            callback_url=url if carrier.name == "twilio" else None,
            valid_for=_valid_for(one.expires_at, self._rt.clock.now()),
            channel=self._channel,
            title=one.title,
            sender=one.sender,
        )

    def _events(self) -> list[Outcome | int]:
        """What has happened: calls that were answered, and how many were recorded. Waits for the first, but not
        longer than until it may claim more."""
        try:
            found = [self._happened.get(timeout=max(0.001, self._again_at - time.monotonic()))]
        except queue.Empty:
            return []
        while True:
            try:
                found.append(self._happened.get_nowait())
            except queue.Empty:
                return found

    def _record_and_say(self, outcomes: Sequence[Outcome]) -> None:
        try:
            with self._app.app_context():
                self._record(outcomes)
        finally:
            self._happened.put(len(outcomes))

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        """All in one transaction; if that fails, each in its own, so that one cannot hold up the others.

        What cannot be recorded is looked up at the carrier when its lease is over.
        """
        try:
            self._rt.db.transact(record, outcomes)
        except Exception:
            log.exception("sender.record_failed", count=len(outcomes))
            if len(outcomes) > 1:
                for outcome in outcomes:
                    self._record([outcome])


def lapse_all(rt: Runtime, attempt_ids: Sequence[str], at_once: int = 200) -> int:
    """Take attempts from their senders, some at a time; returns how many were in flight."""
    parts = [attempt_ids[start : start + at_once] for start in range(0, len(attempt_ids), at_once)]
    return sum(rt.db.transact(lapse, part) for part in parts)


def _valid_for(expires_at: datetime | None, now: datetime) -> int | None:
    """Seconds the carrier may keep the text; Twilio takes 1 to 36,000 and advises more than 5."""
    if expires_at is None:
        return None
    return max(10, min(36_000, int((expires_at - now).total_seconds())))


def _machine() -> str:
    """This machine, or this container: process ids mean something only within it."""
    try:
        return f"{socket.gethostname()}/{os.readlink('/proc/self/ns/pid')}"[:50]
    except OSError:
        return socket.gethostname()[:50]


def _of_dead_processes(rt: Runtime) -> list[str]:
    with rt.db.read() as session:
        query = sa.select(Attempt.id, Attempt.claimed_by).where(
            Attempt.look_at.is_not(None), Attempt.state == AttemptState.IN_FLIGHT
        )
        in_flight = session.execute(query).all()
    return [row.id for row in in_flight if _is_dead(row.claimed_by)]


def _is_dead(worker: str) -> bool:
    machine, pid, _ = worker.rsplit(":", 2)
    if machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, as somebody else
    return False
