"""What the program does by itself: short ticks, each finding its work in the database.

APScheduler only says when. Which work is due stands in rows that a tick claims, so any number of processes
may run the same ticks, and a restart loses nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from werkzeug.serving import is_running_from_reloader

from app.health.actions import Part, beat, stopped
from app.health.metrics import TICK_SECONDS, TICKS_FAILED

log = structlog.get_logger()

BEAT_SECONDS = 5.0
CLOCK_STEP_SECONDS = 1.0


@dataclass(frozen=True)
class Tick:
    """Work to look for every `seconds`. A room lists its own in `ticks.py` as TICKS.

    `run` gets the program, inside an application context; what it raises is logged and counted.
    """

    name: str
    seconds: float
    run: Callable[[Flask], object]


class Jobs:
    """The ticks of one process and, if messaging has one, its sender."""

    def __init__(self, app: Flask, ticks: Sequence[Tick] | None = None) -> None:
        self.app = app
        self.ticks = list(all_ticks() if ticks is None else ticks)
        self.process = f"{socket.gethostname()[:150]}:{os.getpid()}"
        self.parts = {tick.name: Part(tick.name, round(tick.seconds * 1000)) for tick in self.ticks}
        self._begun: dict[str, float] = {}
        self._stopping = threading.Event()
        self._one_beat = threading.Lock()
        self._sender = _sender(app)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self.ticks) + 1)},  # a slow tick delays no other
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        for tick in self.ticks:
            self._every(tick.seconds, partial(self.run, tick))
        self._every(BEAT_SECONDS, self.beat)
        self._scheduler.start()
        threading.Thread(target=self._mind_the_clock, name="clock", daemon=True).start()
        if self._sender is not None:
            self._sender.start()
        log.info("jobs.started", process=self.process, ticks=[tick.name for tick in self.ticks])

    def stop(self) -> None:
        """Let running ticks end, then take the beat away. Does nothing the second time."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._sender is not None:
            self._sender.stop()
        self._scheduler.shutdown(wait=True)
        self._guarded("stopped", lambda: self._transact(stopped, self.process))
        log.info("jobs.stopped", process=self.process)

    def run(self, tick: Tick) -> None:
        """One run of one tick; never raises."""
        part, began = self.parts[tick.name], time.monotonic()
        previous = self._begun.get(tick.name)
        self._begun[tick.name] = began
        part.lag_ms = max(0, round((began - previous - tick.seconds) * 1000)) if previous else 0
        part.last_started = self._now()
        error = self._guarded(tick.name, lambda: tick.run(self.app))
        part.last_error = type(error).__name__ if error else None
        part.errors += error is not None
        part.runs += 1
        part.last_finished = self._now()
        TICK_SECONDS.labels(tick.name).observe(time.monotonic() - began)

    def beat(self) -> None:
        """Write how this process does, for all to see; never raises."""
        with self._one_beat:
            self._guarded("beat", lambda: self._transact(beat, self.process, list(self.parts.values())))

    def _every(self, seconds: float, work: Callable[[], None]) -> None:
        self._scheduler.add_job(work, "interval", seconds=seconds, next_run_time=datetime.now(UTC))

    def _guarded(self, name: str, work: Callable[[], object]) -> Exception | None:
        """Run `work` in an application context and return what it raised."""
        try:
            with self.app.app_context():
                work()
        except Exception as error:
            log.exception("tick.failed", tick=name)
            TICKS_FAILED.labels(name).inc()
            return error
        return None

    def _transact(self, action: Any, *args: Any) -> None:
        self.app.extensions["muster"].db.transact(action, *args)

    def _now(self) -> datetime:
        now: datetime = self.app.extensions["muster"].clock.now()
        return now

    def _mind_the_clock(self) -> None:
        """APScheduler waits for a time of day: set back by an hour, it would be silent for an hour."""
        offset = time.time() - time.monotonic()
        while not self._stopping.wait(1):
            previous, offset = offset, time.time() - time.monotonic()
            if abs(offset - previous) > CLOCK_STEP_SECONDS:
                log.warning("jobs.clock_stepped", seconds=round(offset - previous))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))


def all_ticks() -> list[Tick]:
    """The TICKS of every room. Raises ValueError when two have one name."""
    from app import load_all

    ticks = [tick for module in load_all("ticks") for tick in module.TICKS]
    names = [tick.name for tick in ticks]
    if len(set(names)) < len(names):
        raise ValueError(f"two ticks have one name: {', '.join(sorted(names))}")
    return ticks


def start_inline(app: Flask) -> Jobs | None:
    """Run the jobs beside the requests of this process, once; None under the reloader."""
    parts = app.extensions["muster"].parts
    if is_running_from_reloader():
        return None
    if "jobs" not in parts:
        parts["jobs"] = Jobs(app)
        parts["jobs"].start()
    return parts["jobs"]


def stop_inline(app: Flask) -> None:
    jobs = app.extensions["muster"].parts.pop("jobs", None)
    if jobs is not None:
        jobs.stop()


def run_until_told(app: Flask) -> None:
    """Run the jobs in this process until SIGTERM or SIGINT."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    jobs = Jobs(app)
    jobs.start()
    told.wait()
    jobs.stop()


def _sender(app: Flask) -> Any:
    if importlib.util.find_spec("app.messaging.worker") is None:
        return None
    return importlib.import_module("app.messaging.worker").Sender(app)
