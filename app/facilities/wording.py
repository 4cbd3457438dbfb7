"""What the journal says about a hospital's set-up, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.facilities import events
from app.facilities.unit_classes import CLASS_WORDS
from app.web.filters import stamp


def _changes(data: dict[str, Any]) -> str:
    return "; ".join(f"{each['what']} {each['after']}, before {each['before']}" for each in data["changes"])


def _class(data: dict[str, Any]) -> str:
    return CLASS_WORDS.get(data["unit_class"], data["unit_class"])


def _numbers(data: dict[str, Any]) -> str:
    since = stamp(datetime.fromisoformat(data["since"]))
    return f"Beds of {data['unit_name']} since {since}: {_changes(data)}. {data['reason']}"


def _ratios(data: dict[str, Any]) -> str:
    chosen = data["title"] or "each unit's own"
    return f"Nurse ratios: {chosen}, before {data['before'] or 'none chosen'}: {data['reason']}"


def _waived(data: dict[str, Any]) -> str:
    until = stamp(datetime.fromisoformat(data["ends_at"]))
    return (
        f"Nurse ratio waived until {until}, {_class(data)}: "
        f"{data['patients_per_nurse']} patients for one nurse: {data['reason']}"
    )


_MOVED = {"opening": "is being opened", "open": "is open", "closed": "is closed"}

WORDS: Mapping[str, Callable[[dict[str, Any]], str]] = MappingProxyType(
    {
        events.UnitNumbersSet.kind: _numbers,
        events.CountingSaid.kind: lambda data: f"How we count: {_changes(data)}. {data['reason']}",
        events.RatiosChosen.kind: _ratios,
        events.RatiosWaived.kind: _waived,
        events.WaiverEnded.kind: lambda data: f"Waiver taken back, {_class(data)}: {data['reason']}",
        events.SpaceAdded.kind: lambda data: (
            f"Surge space added: {data['area']}, {data['beds']} beds in {data['hours_to_open']} h"
        ),
        events.SpaceChanged.kind: lambda data: f"Surge space {data['area']}: {_changes(data)}",
        events.SpaceMoved.kind: lambda data: (
            f"Surge space {data['area']} ({data['beds']} beds) {_MOVED[data['state']]}: {data['reason']}"
        ),
    }
)
