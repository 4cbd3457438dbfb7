"""The picture of one incident, and the fold that makes it from the journal.

One reducer draws the board live, brings a returning browser up to date, replays any past minute and feeds
the after-action figures. It touches nothing but its arguments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy.orm import Session

from app.board.sections.bedrun import BedRunSection
from app.board.sections.callouts import Callouts
from app.board.sections.command import Command
from app.board.sections.findings import Findings
from app.board.sections.requests import Requests
from app.board.sections.surge import Surge
from app.board.sections.tasks import Tasks
from app.board.sections.waiting import Waiting
from app.journal import Entry, Event

Handler = Callable[["Picture", Entry, Any], Iterable[str] | None]
Reader = Callable[[Session, str, "Picture"], None]
H = TypeVar("H", bound=Handler)

_HANDLERS: dict[type[Event], list[tuple[Handler, tuple[str, ...]]]] = defaultdict(list)
_READERS: list[Reader] = []
RECENT = 12
EVERY_CARD = "*"
COPIED_IN = frozenset({"position.opened", "objective.set", "task.added"})


@dataclass
class LogLine:
    """A journal entry as the board's latest-events card shows it."""

    seq: int
    at: datetime
    kind: str
    subject: str
    actor: str
    data: dict[str, Any]


@dataclass
class Picture:
    """Everything a board shows of one incident, as of `seq`. Each room's part is a section."""

    seq: int = 0
    at: datetime | None = None
    command: Command = field(default_factory=Command)
    tasks: Tasks = field(default_factory=Tasks)
    callouts: Callouts = field(default_factory=Callouts)
    requests: Requests = field(default_factory=Requests)
    surge: Surge = field(default_factory=Surge)
    bedrun: BedRunSection = field(default_factory=BedRunSection)
    findings: Findings = field(default_factory=Findings)
    waiting: Waiting = field(default_factory=Waiting)
    recent: list[LogLine] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    """Card id to the seq that last changed it; EVERY_CARD for what changed all of them."""

    def version(self, card: str) -> int:
        """The seq that last changed this card."""
        return max(self.versions.get(card, 0), self.versions.get(EVERY_CARD, 0))

    def plain(self) -> dict[str, Any]:
        """As JSON data, for the API."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]


def on(*events: type[Event], cards: tuple[str, ...] = ()) -> Callable[[H], H]:
    """Register a handler of these events. `cards` are the ids it always touches; it may return more."""

    def register(handler: H) -> H:
        for event_type in events:
            _HANDLERS[event_type].append((handler, cards))
        return handler

    return register


def reads_tables(reader: Reader) -> Reader:
    """Register a section's reader, which fills the picture from the state tables, for comparison in tests."""
    _READERS.append(reader)
    return reader


def apply(picture: Picture, entry: Entry) -> Picture:
    """Add one entry. The picture given is changed and returned; fold owns it."""
    event = entry.event
    picture.seq, picture.at = entry.seq, entry.recorded_at
    touched: set[str] = set()
    if not event.routine and not _copied_in(picture, entry):
        line = LogLine(
            entry.seq, entry.occurred_at, entry.kind, entry.subject, entry.actor["name"], entry.data
        )
        picture.recent = [line, *picture.recent[: RECENT - 1]]
        touched.add("journal")
    for handler, cards in _HANDLERS[type(event)]:
        touched |= {*cards, *(handler(picture, entry, event) or ())}
    for card in touched:
        picture.versions[card] = entry.seq
    return picture


def _copied_in(picture: Picture, entry: Entry) -> bool:
    """What the guide brings along at activation: like routine it is no news, and would push all else out."""
    return entry.kind in COPIED_IN and entry.occurred_at == picture.command.declared_at


def fold(entries: Iterable[Entry], picture: Picture | None = None) -> Picture:
    """The picture after these entries, starting from nothing or from an earlier picture."""
    picture = picture or Picture()
    for entry in entries:
        apply(picture, entry)
    return picture


def from_tables(session: Session, incident_id: str) -> Picture:
    """The same picture read from the state tables. What only a journal knows stays empty."""
    picture = Picture()
    for reader in _READERS:
        reader(session, incident_id, picture)
    return picture


def comparable(picture: Picture) -> dict[str, Any]:
    """What fold and tables must agree on."""
    journal_only = {"seq", "at", "recent", "versions"}
    sections = {f.name: getattr(picture, f.name) for f in fields(picture) if f.name not in journal_only}
    return msgspec.to_builtins(sections)  # type: ignore[no-any-return]
