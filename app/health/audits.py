"""Parts of the engine that live and have stopped doing their work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.health.checks import SILENT_AFTER, on_time
from app.health.models import EngineBeat
from app.watchdog.registry import Offence, audits


def judge_part(beats: tuple[EngineBeat, ...], now: datetime) -> Offence | None:
    """One part of the engine, in every process that is alive: one that does it on time is enough."""
    if any(on_time(beat, now) for beat in beats):
        return None
    newest = max(beat.last_finished or beat.at for beat in beats)
    return Offence(beats[0].part, newest + SILENT_AFTER, f"The part {beats[0].part} has stopped.")


@audits(
    "engine",
    label="parts of the engine",
    bound="done within three of their intervals, and 30 seconds",
    judge=judge_part,
)
def parts(session: Session, now: datetime) -> Iterable[tuple[EngineBeat, ...]]:
    alive: dict[str, list[EngineBeat]] = {}
    for beat in session.scalars(sa.select(EngineBeat).where(EngineBeat.at > now - SILENT_AFTER)):
        alive.setdefault(beat.part, []).append(beat)
    return [tuple(beats) for beats in alive.values()]
