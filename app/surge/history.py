"""What a hospital's journal says about triggers and levels, in plain words, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities import wording
from app.facilities.stream import stream_of
from app.journal import Entry
from app.journal.models import JournalEntry
from app.journal.queries import entry
from app.surge import events
from app.web.filters import stamp

KINDS = (
    events.TriggerFired.kind,
    events.TriggerCleared.kind,
    events.TriggerAcknowledged.kind,
    events.TriggerShelved.kind,
    events.TriggerUnshelved.kind,
    events.TriggerEdited.kind,
    events.SurgeRecommended.kind,
    events.RecommendationEnded.kind,
    events.SurgeCalled.kind,
    events.SurgeLevelSet.kind,
    *wording.WORDS,
    events.PlanStarted.kind,
    events.SurgeBandSet.kind,
    events.LevelsEdited.kind,
)
ON_A_PAGE = 50
LATER = timedelta(hours=1)

Words = Callable[[dict[str, Any]], str]
_OTHERS: dict[str, Words] = {}


def tells(kind: str, words: Words) -> None:
    """Another room's entries in a hospital's journal belong into its history too."""
    _OTHERS[kind] = words


def page(session: Session, facility_id: str, number: int) -> tuple[list[dict[str, Any]], int]:
    """The lines of one page, counted from 1, and how many pages there are."""
    stream = stream_of(facility_id)
    mine = (JournalEntry.stream == stream, JournalEntry.kind.in_((*KINDS, *_OTHERS)))
    count = session.scalar(sa.select(sa.func.count()).where(*mine)) or 0
    query = sa.select(JournalEntry.seq).where(*mine).order_by(JournalEntry.seq.desc())
    seqs = session.scalars(query.limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE))
    found = [entry(session, stream, seq) for seq in seqs.all()]
    return [line(each) for each in found if each is not None], -(-count // ON_A_PAGE)


def line(each: Entry) -> dict[str, Any]:
    return {
        "at": each.occurred_at,
        "text": words(each.kind, each.data),
        "note": f"Happened {stamp(each.occurred_at)}, entered later." if _late(each) else "",
        "who": each.actor["name"],
        "state": "act" if each.kind == events.TriggerFired.kind else "normal",
    }


def _late(each: Entry) -> bool:
    return each.recorded_at - each.occurred_at > LATER


def words(kind: str, data: dict[str, Any]) -> str:
    """One entry as a sentence. Raises KeyError for a kind that nobody tells of."""
    return (_WORDS.get(kind) or _OTHERS[kind])(data)


def _fired(data: dict[str, Any]) -> str:
    what = "Indicator" if data.get("kind_of") == "indicator" else "Trigger"
    return f"{what} fired, {data['title']}: {said(data)}"


def said(data: dict[str, Any]) -> str:
    """What a firing saw; entries of before there were versions have numbers of beds."""
    return str(data.get("said") or f"{data['used']} of {data['of']} beds in use")


def _edited(data: dict[str, Any]) -> str:
    return f"{data['title']}, {data['change']}, version {data['version']}: {data['rule']}. {data['reason']}"


def _shelved(data: dict[str, Any]) -> str:
    until = stamp(datetime.fromisoformat(data["until"]))
    return f"Trigger put aside until {until}, {data['title']}: {data['reason']}"


def _recommended(data: dict[str, Any]) -> str:
    driven = f", driven by {_listed(data['drivers'])}" if data.get("drivers") else ""
    return f"The program recommends {data['label']}{driven}: {data['because']}"


def _level_set(data: dict[str, Any]) -> str:
    despite = f" although this stands: {'; '.join(data['despite'])}" if data["despite"] else ""
    driven = f", driven by {_listed(data['drivers'])}" if data.get("drivers") else ""
    assumed = " (assumed: nobody named it)" if data.get("assumed") else ""
    restart = " The care put off is staffed to start again." if data.get("restart") else ""
    said = f"Surge level {data['label']}, before {data['from_label']}{driven}{assumed}{despite}"
    return f"{said}: {data['reason']}{restart}"


def _band_set(data: dict[str, Any]) -> str:
    despite = f" although this stands: {'; '.join(data['despite'])}" if data["despite"] else ""
    restart = " The care put off is staffed to start again." if data["restart"] else ""
    moved = f"{data['resource'].capitalize()} is {data['band']}, before {data['from_band']}"
    return f"{moved}{despite}: {data['reason']}{restart}"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _plan_started(data: dict[str, Any]) -> str:
    there = f", {len(data['standing'])} stood there already" if data["standing"] else ""
    new = len(data["tasks"])
    actions = "1 action" if new == 1 else f"{new} actions"
    return f"Plan of {data['label']} started in {data['incident']}: {actions}{there}"


def _carried_over(data: dict[str, Any]) -> str:
    parts = []
    if data["level"]:
        parts.append(f"level {data['level']['label']}")
    graver = [f"{b['resource']} {b['band']}" for b in data.get("bands", ()) if b["band"] != "conventional"]
    parts += [", ".join(graver)] if graver else []
    if data["firings"]:
        parts.append("fired: " + "; ".join(each["title"] for each in data["firings"]))
    if data["recommendation"]:
        parts.append(f"recommended: {data['recommendation']['label']}")
    return f"At declaration the hospital stood at {', '.join(parts)}"


_WORDS: dict[str, Words] = {
    events.TriggerFired.kind: _fired,
    events.TriggerCleared.kind: lambda data: f"Trigger cleared, {data['title']}",
    events.TriggerAcknowledged.kind: lambda data: f"Seen and taken care of, {data['title']}",
    events.TriggerShelved.kind: _shelved,
    events.TriggerUnshelved.kind: lambda data: f"Trigger no longer put aside, {data['title']}",
    events.TriggerEdited.kind: _edited,
    events.SurgeRecommended.kind: _recommended,
    events.RecommendationEnded.kind: lambda data: (
        f"Recommendation {data['label']} {data['state']}: {data['reason']}"
    ),
    events.SurgeCalled.kind: lambda data: (
        f"Told, because nobody has decided on {data['label']}: {', '.join(data['told'])} ({data['role']})"
    ),
    events.SurgeLevelSet.kind: _level_set,
    events.PlanStarted.kind: _plan_started,
    events.SurgeBandSet.kind: _band_set,
    events.LevelsEdited.kind: lambda data: (
        f"Surge levels edited, version {data['version']}: {data['change']}. {data['reason']}"
    ),
    events.SurgeCarriedOver.kind: _carried_over,
    **wording.WORDS,
}
SAID = tuple(_WORDS)


def levels_set(
    session: Session, facility_ids: Collection[str], since: datetime
) -> dict[str, list[tuple[datetime, str]]]:
    """When a level was set, with which its plan began, by hospital; the oldest first. One query."""
    by_stream = {stream_of(each): each for each in facility_ids}
    query = (
        sa.select(JournalEntry.stream, JournalEntry.occurred_at, JournalEntry.data)
        .where(
            JournalEntry.stream.in_(list(by_stream)),
            JournalEntry.kind == events.SurgeLevelSet.kind,
            JournalEntry.occurred_at >= since,
        )
        .order_by(JournalEntry.stream, JournalEntry.seq)
    )
    found: dict[str, list[tuple[datetime, str]]] = {}
    for stream, at, data in session.execute(query):
        found.setdefault(by_stream[stream], []).append((at, str(msgspec.json.decode(data)["label"])))
    return found
