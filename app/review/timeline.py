"""The journal as lines in plain words, corrections beside what they correct; chosen by what one looks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.board.picture import Picture
from app.board.wording import sentence
from app.journal import Entry

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "incident": "Command",
        "position": "Command",
        "command": "Command",
        "objective": "Objectives",
        "task": "Tasks",
        "callout": "Call-outs",
        "question": "Call-outs",
        "answer": "Call-outs",
        "slot": "Call-outs",
        "escalation": "Escalation",
        "request": "Requests",
        "stock": "Requests",
        "surge": "Surge",
        "trigger": "Surge",
        "bedrun": "Surge",
        "log": "Notes and corrections",
        "entry": "Notes and corrections",
        "finding": "Findings",
    }
)
"""First word of an entry's kind to the group it is filed under."""
OTHER = "Other"


@dataclass(frozen=True)
class Correction:
    seq: int
    at: datetime
    who: str
    statement: str
    reason: str


@dataclass(frozen=True)
class Line:
    """`positions`: what the actor held at that moment. `people`: everybody it names. `sound`: the chain holds
    up to here.
    """

    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    group: str
    text: str
    who: str
    positions: tuple[str, ...]
    about_position: str | None
    people: frozenset[str]
    corrects: int | None
    corrections: tuple[Correction, ...]
    sound: bool


@dataclass(frozen=True)
class Choice:
    """What to show; empty means all. `begin` and `end` are by when things happened, both included."""

    group: str = ""
    position: str = ""
    person: str = ""
    text: str = ""
    begin: datetime | None = None
    end: datetime | None = None

    def takes(self, line: Line) -> bool:
        return (
            self.group in ("", line.group)
            and (not self.position or self.position in (*line.positions, line.about_position))
            and (not self.person or self.person in line.people)
            and all(word in _searchable(line) for word in self.text.casefold().split())
            and (self.begin is None or line.at >= self.begin)
            and (self.end is None or line.at <= self.end)
        )


def lines(entries: Sequence[Entry], picture: Picture, *, sound: int | None = None) -> list[Line]:
    """Every entry in the order in which it was written. `sound`: the last seq whose chain holds; None: all."""
    corrections: dict[int, list[Correction]] = {}
    for entry in entries:
        if entry.corrects is not None:
            corrections.setdefault(entry.corrects, []).append(_correction(entry))
    return [_line(entry, picture, tuple(corrections.get(entry.seq, ())), sound) for entry in entries]


def people(found: Iterable[Line]) -> list[str]:
    return sorted(set().union(*(line.people for line in found)))


def groups(found: Iterable[Line]) -> list[str]:
    """Those that occur, in the order in which the groups are listed."""
    there = {line.group for line in found}
    return [group for group in dict.fromkeys([*GROUPS.values(), OTHER]) if group in there]


def _line(entry: Entry, picture: Picture, corrections: tuple[Correction, ...], sound: int | None) -> Line:
    return Line(
        seq=entry.seq,
        at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        kind=entry.kind,
        group=GROUPS.get(entry.kind.split(".")[0], OTHER),
        text=sentence(entry.kind, entry.data, picture),
        who=entry.actor["name"],
        positions=tuple(entry.position.split(", ")) if entry.position else (),
        about_position=_about_position(entry),
        people=_people(entry),
        corrects=entry.corrects,
        corrections=corrections,
        sound=sound is None or entry.seq <= sound,
    )


def _correction(entry: Entry) -> Correction:
    said = entry.data
    return Correction(
        entry.seq, entry.occurred_at, entry.actor["name"], said.get("statement", ""), said.get("reason", "")
    )


def _about_position(entry: Entry) -> str | None:
    subject, _, name = entry.subject.partition(":")
    position = name if subject == "position" else entry.data.get("position")
    return position if isinstance(position, str) else None


def _people(entry: Entry) -> frozenset[str]:
    named = (entry.data.get(key) for key in ("person_name", "to_person_name"))
    asked = (one.get("person_name") for one in entry.data.get("questions", ()) if isinstance(one, dict))
    return frozenset(name for name in (entry.actor["name"], *named, *asked) if isinstance(name, str))


def _searchable(line: Line) -> str:
    corrected = " ".join(f"{each.statement} {each.reason}" for each in line.corrections)
    return f"{line.text} {line.who} {corrected}".casefold()
