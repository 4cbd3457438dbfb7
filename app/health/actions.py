"""The engine's beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.health.models import EngineBeat

FORGET_AFTER = timedelta(days=1)


@dataclass
class Part:
    """What a jobs process knows of one of its ticks. Times are None until it has run."""

    part: str
    interval_ms: int
    last_started: datetime | None = None
    last_finished: datetime | None = None
    last_error: str | None = None
    lag_ms: int = 0
    runs: int = 0
    errors: int = 0


def beat(uow: UnitOfWork, process: str, parts: Sequence[Part]) -> None:
    """Say that `process` lives, and how its parts do; forget processes silent for a day."""
    for part in parts:
        uow.session.merge(EngineBeat(process=process, at=uow.now, **asdict(part)))
    uow.session.execute(sa.delete(EngineBeat).where(EngineBeat.at < uow.now - FORGET_AFTER))


def stopped(uow: UnitOfWork, process: str) -> None:
    """A process that stops as it was asked to leaves no beat behind."""
    uow.session.execute(sa.delete(EngineBeat).where(EngineBeat.process == process))
