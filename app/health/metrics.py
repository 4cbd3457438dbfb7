"""Counts and durations for Prometheus. No label holds an id, a name or a phone number."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

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
JOURNAL_COMMITS = Counter("muster_journal_commits", "Transactions of this process that wrote to a journal")
