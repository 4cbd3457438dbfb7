"""Counts and durations for Prometheus. No label holds an id, a name or a phone number."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.orm import Session

from app.core.db import Base
from app.health.models import EngineBeat
from app.journal.models import StreamHead
from app.watchdog.queries import open_counts

REQUEST_SECONDS = Histogram(
    "muster_request_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
TICK_SECONDS = Histogram(
    "muster_tick_seconds", "Time one run of a tick took", ["tick"], buckets=(0.005, 0.05, 0.5, 1, 5, 30)
)
TICKS_FAILED = Counter("muster_ticks_failed", "Runs of a tick that raised", ["tick"])


class Readings:
    """What is read from the database at the moment of asking: the same in every process."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self.families = list(families)

    def collect(self) -> Iterator[Metric]:
        yield from self.families


def time_requests(app: Flask) -> None:
    @app.after_request
    def observe(response: Response) -> Response:
        if request.endpoint != "static" and "began" in g:
            route = request.url_rule.rule if request.url_rule else "(none)"
            took = time.perf_counter() - g.began
            REQUEST_SECONDS.labels(request.method, route, response.status_code).observe(took)
        return response


def exposition(session: Session, now: datetime, live: Any) -> bytes:
    """All metrics in Prometheus' text form. `live` is the board's socket server, or None."""
    readings = CollectorRegistry()
    readings.register(Readings(_families(session, now, live)))
    return generate_latest(_of_processes()) + generate_latest(readings)


def _of_processes() -> CollectorRegistry:
    """This process's numbers, or those of all that share PROMETHEUS_MULTIPROC_DIR."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _families(session: Session, now: datetime, live: Any) -> Iterator[Metric]:
    entries = session.scalar(sa.select(sa.func.sum(StreamHead.seq))) or 0
    yield CounterMetricFamily("muster_journal_entries", "Entries in all journals", value=entries)
    yield _beats(session, now)
    yield from _by(session, "intents", "state", "muster_intents", "Texts by state")
    yield from _by(session, "deadlines", "state", "muster_deadlines", "Escalation deadlines by state")
    past_bound = GaugeMetricFamily("muster_watch_findings", "Open items past their bound", labels=["kind"])
    for kind, count in open_counts(session).items():
        past_bound.add_metric([kind], count)
    yield past_bound
    sockets = getattr(live, "open_boards", None)
    if isinstance(sockets, int):
        yield GaugeMetricFamily("muster_open_sockets", "Open boards of this process", value=sockets)


def _beats(session: Session, now: datetime) -> Metric:
    ages = GaugeMetricFamily(
        "muster_tick_age_seconds", "Time since a tick last ended, in any process", labels=["tick"]
    )
    newest = sa.select(EngineBeat.part, sa.func.max(EngineBeat.last_finished, type_=EngineBeat.at.type))
    for part, finished in session.execute(newest.group_by(EngineBeat.part)):
        if finished is not None:
            ages.add_metric([part], (now - finished).total_seconds())
    return ages


def _by(session: Session, table: str, column: str, name: str, text: str) -> Iterator[Metric]:
    """Rows of a table counted by one column; nothing while no room has such a table."""
    found = Base.metadata.tables.get(table)
    if found is None or column not in found.c:
        return
    family = GaugeMetricFamily(name, text, labels=[column])
    for value, count in session.execute(
        sa.select(found.c[column], sa.func.count()).group_by(found.c[column])
    ):
        family.add_metric([str(getattr(value, "value", value))], count)
    yield family
