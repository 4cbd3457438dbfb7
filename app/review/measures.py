"""What leadership asks of an incident, reckoned from its journal alone. No tables, no clock.

Every function takes the entries in order, or the picture that they fold to, and says None where the journal does
not know. Times are by when things happened. A figure of an exercise is never mixed with one of a real event:
each is of one incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from app.activation.events import CalloutOpened, QuestionsAsked
from app.activation.rules import Tally, tally
from app.bedruns.events import BedRunEnded, BedRunStarted
from app.board.picture import Picture
from app.board.sections.callouts import QuestionView
from app.board.sections.requests import RequestView
from app.incidents.events import (
    ActivationLevelChanged,
    IncidentClosed,
    IncidentDeclared,
    PositionAssigned,
    PositionOpened,
    PositionRelieved,
    TaskOverdue,
)
from app.journal import Entry
from app.resources.events import RequestApproved, RequestDenied, RequestOverdue, RequestReceived
from app.resources.rules import RequestState
from app.surge.events import SurgeBandSet, SurgeCarriedOver, SurgeLevelSet


@dataclass(frozen=True)
class Milestones:
    """`started_at` is clock zero.

    first_filled_at    somebody beside the declaring commander first held a position.
    command_filled_at  first moment at which every open position of the Command section was held.
    """

    started_at: datetime | None = None
    declared_at: datetime | None = None
    first_filled_at: datetime | None = None
    command_filled_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class LevelChange:
    """`what` is activation (of the command team) or surge (of the hospital)."""

    at: datetime
    what: str
    level: str
    who: str
    reason: str


@dataclass(frozen=True)
class FillTime:
    """From asking to the first holder; from opening the position where nobody was asked by a call-out."""

    slug: str
    title: str
    section: str
    opened_at: datetime
    asked_at: datetime | None
    filled_at: datetime | None
    holder: str | None
    source: str | None

    @property
    def seconds(self) -> int | None:
        """None while it is not filled."""
        if self.filled_at is None:
            return None
        asked = self.asked_at if self.asked_at and self.asked_at <= self.filled_at else self.opened_at
        return int((self.filled_at - asked).total_seconds())


@dataclass(frozen=True)
class AnswerRate:
    """One place or group that people were asked for. The median is over those who answered at all."""

    title: str
    needed: int
    tally: Tally
    median_seconds: int | None


@dataclass(frozen=True)
class Overdue:
    """`late_seconds`: how long after the deadline it was noticed. `ended_at` None: it never was."""

    at: datetime
    what: str
    late_seconds: int
    ended_at: datetime | None


@dataclass(frozen=True)
class RequestCourse:
    """`decided_at` and `received_at` (all of it) are None where that never came."""

    request: RequestView
    decided_at: datetime | None
    received_at: datetime | None


@dataclass(frozen=True)
class BedRunCourse:
    """A run for immediate bed availability; `result` None: it had not ended when the record did."""

    started: BedRunStarted
    result: BedRunEnded | None


def milestones(entries: Sequence[Entry]) -> Milestones:
    found: dict[str, datetime] = {}
    command_open: set[str] = set()
    held: set[str] = set()
    for entry in entries:
        event, at = entry.event, entry.occurred_at
        if isinstance(event, IncidentDeclared):
            found |= {"started_at": event.started_at, "declared_at": at}
        elif isinstance(event, PositionOpened) and event.section == "command":
            command_open.add(event.slug)
        elif isinstance(event, PositionAssigned):
            held.add(event.slug)
            if event.source != "declared":
                found.setdefault("first_filled_at", at)
            if command_open and command_open <= held:
                found.setdefault("command_filled_at", at)
        elif isinstance(event, PositionRelieved):
            held.discard(event.slug)
        elif isinstance(event, IncidentClosed):
            found["closed_at"] = at
    return Milestones(**found)


def level_changes(entries: Iterable[Entry]) -> list[LevelChange]:
    """Every activation and surge level that was set, with who set it and why."""
    found = []
    for entry in entries:
        event, at, who = entry.event, entry.occurred_at, entry.actor["name"]
        if isinstance(event, IncidentDeclared | ActivationLevelChanged):
            found.append(LevelChange(at, "activation", event.activation_level, who, event.reason))
        elif isinstance(event, SurgeLevelSet):
            found.append(LevelChange(at, "surge", _driven(event), who, event.reason))
        elif isinstance(event, SurgeBandSet):
            found.append(LevelChange(at, "surge", f"{event.resource} at {event.band}", who, event.reason))
        elif isinstance(event, SurgeCarriedOver) and event.level is not None:
            level = event.level
            found.append(LevelChange(level.set_at, "surge", level.label, level.set_by, level.reason))
    return found


def _driven(event: SurgeLevelSet) -> str:
    drivers = f", {event.band}, driven by {' and '.join(event.drivers)}" if event.drivers else ""
    return f"{event.label}{drivers}"


def fill_times(entries: Sequence[Entry]) -> list[FillTime]:
    """One for every position that was opened, in the order of opening."""
    slots: dict[str, str] = {}
    asked: dict[str, datetime] = {}
    opened: dict[str, tuple[PositionOpened, datetime]] = {}
    filled: dict[str, tuple[PositionAssigned, datetime]] = {}
    for entry in entries:
        event, at = entry.event, entry.occurred_at
        if isinstance(event, PositionOpened):
            opened.setdefault(event.slug, (event, at))
        elif isinstance(event, PositionAssigned):
            filled.setdefault(event.slug, (event, at))
        elif isinstance(event, CalloutOpened):
            slots |= {slot.slot_id: slot.position for slot in event.slots if slot.position}
        elif isinstance(event, QuestionsAsked) and event.slot_id in slots:
            asked.setdefault(slots[event.slot_id], at)
    return [_fill_time(event, at, asked.get(slug), filled.get(slug)) for slug, (event, at) in opened.items()]


def answer_rates(picture: Picture) -> list[AnswerRate]:
    """One for every place and group of every call-out. Sent is not delivered is not answered."""
    return [
        AnswerRate(
            slot.title, slot.needed, tally(slot.questions.values()), median_answer(slot.questions.values())
        )
        for slot in picture.callouts.slots.values()
    ]


def all_answers(picture: Picture) -> AnswerRate | None:
    """All call-outs together: a person asked for two places counts twice. None when nobody was asked."""
    questions = [q for slot in picture.callouts.slots.values() for q in slot.questions.values()]
    if not questions:
        return None
    needed = sum(slot.needed for slot in picture.callouts.slots.values())
    return AnswerRate("All call-outs", needed, tally(questions), median_answer(questions))


def median_answer(questions: Iterable[QuestionView]) -> int | None:
    """Seconds from asking to the answer, the middle one; None when nobody has answered."""
    took = [(q.answered_at - q.asked_at).total_seconds() for q in questions if q.answered_at is not None]
    return round(median(took)) if took else None


def overdue(entries: Iterable[Entry], picture: Picture) -> list[Overdue]:
    """Every task and request that was not done or there in time."""
    found = []
    for entry in entries:
        event, at = entry.event, entry.occurred_at
        if isinstance(event, TaskOverdue):
            task = picture.tasks.items[event.task_id]
            found.append(Overdue(at, task.text, event.late_seconds, task.ended_at))
        elif isinstance(event, RequestOverdue):
            request = picture.requests.items[event.request_id]
            what = "; ".join(f"{line.asked:,} {line.description}" for line in request.lines.values())
            found.append(
                Overdue(at, f"Request {request.number}: {what}", event.late_seconds, request.ended_at)
            )
    return found


def request_courses(entries: Iterable[Entry], picture: Picture) -> list[RequestCourse]:
    """Every request in the order of raising, to its end."""
    decided: dict[str, datetime] = {}
    received: dict[str, datetime] = {}
    for entry in entries:
        event, at = entry.event, entry.occurred_at
        if isinstance(event, RequestApproved | RequestDenied):
            decided[event.request_id] = at
        elif isinstance(event, RequestReceived) and event.state == RequestState.RECEIVED:
            received[event.request_id] = at
    items = picture.requests.items.values()
    return [RequestCourse(r, decided.get(r.id), received.get(r.id)) for r in items]


def bed_runs(entries: Iterable[Entry]) -> list[BedRunCourse]:
    """Every run that belonged to the incident, in the order of starting."""
    started: dict[str, BedRunStarted] = {}
    ended: dict[str, BedRunEnded] = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, BedRunStarted):
            started[event.run_id] = event
        elif isinstance(event, BedRunEnded):
            ended[event.run_id] = event
    return [BedRunCourse(event, ended.get(run_id)) for run_id, event in started.items()]


def unmet(picture: Picture) -> int:
    """Units that were granted and never came, over all requests that were closed."""
    closed = [r for r in picture.requests.items.values() if r.state == RequestState.CLOSED]
    return sum(request.outstanding for request in closed)


def _fill_time(
    opened: PositionOpened,
    opened_at: datetime,
    asked_at: datetime | None,
    filled: tuple[PositionAssigned, datetime] | None,
) -> FillTime:
    event, filled_at = filled or (None, None)
    return FillTime(
        slug=opened.slug,
        title=opened.title,
        section=opened.section,
        opened_at=opened_at,
        asked_at=asked_at,
        filled_at=filled_at,
        holder=event.person_name if event else None,
        source=event.source if event else None,
    )
