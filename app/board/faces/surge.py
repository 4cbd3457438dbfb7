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
from app.surge import history, queries
from app.surge.capacity import house
from app.surge.continuum import RESOURCES, drivers
from app.surge.definitions import SEVERITIES
from app.surge.levels import CONVENTIONAL, state_of


@card("surge", "Surge level", region="main", template="board/surge.html")
def surge(picture: Picture) -> dict[str, Any]:
    level, recommendation = picture.surge.level, picture.surge.recommendation
    base = f"/capacity/recommendations/{recommendation.id}" if recommendation else ""
    return {
        "level": level,
        "label": level.label if level else "Not set",
        "state": "act" if recommendation else state_of(level.colour if level else ""),
        "sides": _sides(picture),
        "recommendation": recommendation,
        "firings": _firings(picture),
        "shelved": sorted(picture.surge.shelved.values(), key=lambda each: each.until),
        "open_url": base,
        "confirm_url": f"{base}/confirm",
        "decline_url": f"{base}/decline",
        "crisis_url": f"/capacity/{picture.command.facility_code}/crisis?recommendation="
        f"{recommendation.id if recommendation else ''}",
        "level_url": f"/capacity/{picture.command.facility_code}/level?incident={picture.command.id}",
    }


def _sides(picture: Picture) -> list[dict[str, Any]]:
    """The four S as people have put them; how fresh the numbers behind them are, the page of the level says."""
    put = picture.surge.bands
    bands = {s: put[s].band if s in put else CONVENTIONAL for s in RESOURCES}
    driving = drivers(bands)
    fired: dict[str, int] = dict.fromkeys(RESOURCES, 0)
    for firing in _firings(picture):
        fired[firing.resource] += 1
    return [
        {
            "resource": s,
            "band": bands[s],
            "drives": s in driving,
            "assumed": s in driving and put[s].assumed,
            "fired": fired[s],
        }
        for s in RESOURCES
    ]


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
