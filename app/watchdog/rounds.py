"""One round: every audit, every open item. Reads only; what it found is kept by `actions.keep`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from app.core.db import Database
from app.watchdog.registry import AUDITS, Audit, Offence

log = structlog.get_logger()

BROKEN = "watchdog"
"""The kind of finding for an audit that could not be done."""


@dataclass(frozen=True)
class Round:
    """`found` by kind, of the audits that were done; `broken`: those that raised, with the error's class."""

    at: datetime
    looked: int = 0
    found: dict[str, list[Offence]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Every audit was done, and found nothing."""
        return not self.broken and not any(self.found.values())


def look(db: Database, now: datetime, which: Collection[Audit] | None = None) -> Round:
    """Each audit in a session of its own: one that breaks takes no other with it."""
    looked, found, broken = 0, {}, {}
    for audit in AUDITS.values() if which is None else which:
        try:
            with db.read() as session:
                items = list(audit.items(session, now))
                found[audit.name] = judged(audit, items, now)
            looked += len(items)
        except Exception as error:
            log.exception("watchdog.audit_broke", audit=audit.name)
            broken[audit.name] = type(error).__name__
    found[BROKEN] = [
        Offence(name, now, f"The audit of {name} could not be done: {error}.")
        for name, error in broken.items()
    ]
    return Round(now, looked, found, broken)


def judged(audit: Audit, items: Collection[object], now: datetime) -> list[Offence]:
    return [offence for item in items if (offence := audit.judge(item, now)) is not None]
