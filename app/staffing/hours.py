"""The hour rules in force: a hospital's own, else those that the program ships."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.packs import read_toml
from app.staffing.availability import Rules
from app.staffing.models import HourRule

PACK = Path(__file__).parent / "data" / "hour_rules.toml"
# name: lowest and highest number of minutes that can be set
LIMITS = {
    "week_minutes": (8 * 60, 168 * 60),
    "stretch_minutes": (4 * 60, 48 * 60),
    "rest_minutes": (0, 24 * 60),
    "call_in_minutes": (60, 24 * 60),
}


@cache
def shipped() -> tuple[tuple[datetime, Rules], ...]:
    """Each with the moment from which it counts, the oldest first."""
    found = []
    for row in read_toml(PACK).tables("rules"):
        row.only("valid_from", "source", *LIMITS)
        minutes = {name: row.integer(name, *LIMITS[name]) for name in LIMITS}
        begins = datetime.fromisoformat(row.text("valid_from")).replace(tzinfo=UTC)
        found.append((begins, _rules(minutes, row.text("source"))))
    return tuple(sorted(found, key=lambda each: each[0]))


def rules_at(session: Session, facility_id: str, now: datetime) -> Rules:
    own = rule_at(session, facility_id, now)
    if own is None:
        begun = [rules for begins, rules in shipped() if begins <= now]
        return begun[-1] if begun else shipped()[0][1]
    return _rules({name: getattr(own, name) for name in LIMITS}, own.source)


def rule_at(session: Session, facility_id: str, now: datetime) -> HourRule | None:
    """The hospital's own rule in force."""
    mine = sa.select(HourRule).where(HourRule.facility_id == facility_id, HourRule.valid_from <= now)
    return session.scalar(mine.order_by(HourRule.valid_from.desc()).limit(1))


def _rules(minutes: dict[str, int], source: str) -> Rules:
    lengths = {name.removesuffix("_minutes"): timedelta(minutes=number) for name, number in minutes.items()}
    return Rules(**lengths, source=source)
