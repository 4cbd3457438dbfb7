"""The surge level with what is recommended and why, and the hospital's beds; and how the journal says it."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app.board.cards import card, outside_card
from app.board.picture import Picture
from app.board.sections.surge import FiringView
from app.board.wording import Data, says
from app.runtime import runtime
from app.surge import history, packs, queries
from app.surge.capacity import house
from app.surge.definitions import SEVERITIES

STATE_OF_RANK = ("normal", "watch", "watch", "act", "act")


@card("surge", "Surge level", region="main", template="board/surge.html")
def surge(picture: Picture) -> dict[str, Any]:
    level, recommendation = picture.surge.level, picture.surge.recommendation
    rank = level.rank if level else 0
    base = f"/capacity/recommendations/{recommendation.id}" if recommendation else ""
    return {
        "level": level,
        "label": level.label if level else packs.levels()[0].label,
        "state": "act" if recommendation else STATE_OF_RANK[rank],
        "recommendation": recommendation,
        "firings": _firings(picture),
        "shelved": sorted(picture.surge.shelved.values(), key=lambda each: each.until),
        "open_url": base,
        "confirm_url": f"{base}/confirm",
        "decline_url": f"{base}/decline",
        "level_url": f"/capacity/{picture.command.facility_code}/level?incident={picture.command.id}",
    }


def _firings(picture: Picture) -> list[FiringView]:
    """What nobody has seen yet first, of those the gravest; what is put aside is told by itself."""
    seen = [each for each in picture.surge.firings.values() if each.trigger_id not in picture.surge.shelved]
    return sorted(
        seen,
        key=lambda each: (bool(each.acknowledged_by), -SEVERITIES.index(each.severity), each.fired_at),
    )


@outside_card("capacity", "Beds", region="main", template="board/capacity.html")
def capacity(session: Session, picture: Picture) -> tuple[int, dict[str, Any]]:
    facility_id = picture.command.facility_id
    version = queries.capacity_version(session, facility_id)
    found = house(session, facility_id, runtime().clock.now())
    return version, {"classes": found.classes, "url": f"/capacity/{picture.command.facility_code}"}


def _said(kind: str, data: Data, _picture: Picture) -> str:
    return history.words(kind, dict(data))


for _kind in history.SAID:
    says(_kind, partial(_said, _kind))
