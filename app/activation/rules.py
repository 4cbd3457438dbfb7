"""Call-out rules that need nothing but values: bands, codes, counts, what an answer leads to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from types import MappingProxyType
from typing import Protocol

from app.activation.models import WANTING, Outcome, QuestionState, SlotState, Stage

# Digits only: carriers take YES, NO, STOP, END, CANCEL and their like for themselves.
ETA_MINUTES = MappingProxyType({"1": 30, "2": 60, "3": 120})
CANNOT_COME = "9"
DIGITS = (*ETA_MINUTES, CANNOT_COME)
MEANING = MappingProxyType(
    {"1": "coming within 30 min", "2": "within 60", "3": "later", CANNOT_COME: "cannot come"}
)

SAID = MappingProxyType(
    {
        "1": "coming within 30 min",
        "2": "coming within 60 min",
        "3": "coming later",
        CANNOT_COME: "cannot come",
    }
)
"""The same where there is room for it."""

SPOKEN = MappingProxyType(
    {
        "1": "if you come within 30 minutes",
        "2": "if you come within 60 minutes",
        "3": "if you come later",
        CANNOT_COME: "if you cannot come",
    }
)

CODE_REST = timedelta(hours=24)
"""A code is not given again to the same phone for so long."""

LINK_LIFE = timedelta(hours=24)

READING = timedelta(minutes=10)
"""What it may take to see a question and answer it."""

READ = "1"
"""The digit that says that something told for information has been read."""

# Without letters that look or sound like another or like a digit.
_LETTERS = "ABCDEFGHJKLMNPRTUVWXY"
_ADVANCE = {Stage.ASKED: 0, Stage.SENT: 1, Stage.DELIVERED: 2, Stage.FAILED: 2}


class AskedPerson(Protocol):
    """What the counts need to know of a question, in a table or in a picture."""

    @property
    def state(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def eta_minutes(self) -> int | None: ...
    @property
    def answered_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Tally:
    """People, not texts; somebody asked twice counts once, as of the last time.

    asked      all who were asked.
    pending    the text has not left yet.
    sent       handed to the carrier, which says nothing yet about arrival.
    delivered  arrived on the phone.
    failed     did not arrive, on no number we have.
    yes        said they come, needed or not, in time or later.
    coming     said yes and have the place.
    later      would come, but later than wanted; taken when time passes without enough.
    no         cannot come.
    silent     have said nothing.
    read       said that they have read what was told for information.
    """

    asked: int
    pending: int
    sent: int
    delivered: int
    failed: int
    yes: int
    coming: int
    later: int
    no: int
    silent: int
    read: int


def tally(questions: Iterable[AskedPerson]) -> Tally:
    standing = [q for q in questions if q.state != QuestionState.REPLACED]
    stages = [q.stage for q in standing]
    outcomes = [q.outcome for q in standing]
    coming, no = outcomes.count(Outcome.COMING), outcomes.count(Outcome.CANNOT_COME)
    silent, read = outcomes.count(None), outcomes.count(Outcome.READ)
    return Tally(
        asked=len(standing),
        pending=stages.count(Stage.ASKED),
        sent=stages.count(Stage.SENT),
        delivered=stages.count(Stage.DELIVERED),
        failed=stages.count(Stage.FAILED),
        yes=len(standing) - no - silent - read,
        coming=coming,
        later=outcomes.count(Outcome.LATER),
        no=no,
        silent=silent,
        read=read,
    )


def expected_at(question: AskedPerson) -> datetime | None:
    """The latest moment that the answer promised; None for who is not coming."""
    if question.outcome != Outcome.COMING or question.eta_minutes is None or question.answered_at is None:
        return None
    return question.answered_at + timedelta(minutes=question.eta_minutes)


def next_code(used: Collection[str]) -> str:
    """The first code, A, B ... then AA, AB ..., that this phone has not had lately."""
    for length in (1, 2, 3):
        for letters in product(_LETTERS, repeat=length):
            if (code := "".join(letters)) not in used:
                return code
    raise ValueError("more codes are in use than there are")


def outcome_of(digit: str, slot: SlotState, *, taken: bool, over: bool, in_time: bool = True) -> Outcome:
    """What an answer leads to. `taken`: somebody else has the place; `over`: the incident is closed."""
    if slot is SlotState.TOLD:
        return Outcome.READ
    if digit == CANNOT_COME:
        return Outcome.CANNOT_COME
    if over or slot is SlotState.STOPPED:
        return Outcome.OVER
    if taken or slot not in WANTING:
        return Outcome.NOT_NEEDED
    return Outcome.COMING if in_time else Outcome.LATER


def wanted_by(opened_at: datetime, within_minutes: int | None) -> datetime | None:
    """Until when a promise to be there is in time. A promise is the latest moment, and reading the text
    takes a while: hence `READING`, or nobody who promises just what was asked for would be in time."""
    return opened_at + timedelta(minutes=within_minutes) + READING if within_minutes is not None else None


def use_later_at(opened_at: datetime, wanted_by: datetime) -> datetime:
    """From when on no answer can promise to be in time; not before people have had time to answer."""
    return max(wanted_by - timedelta(minutes=min(ETA_MINUTES.values())), opened_at + READING)


def in_time(digit: str, now: datetime, wanted_by: datetime | None) -> bool:
    """Whether who answers this at this moment promises to be there in time."""
    if wanted_by is None or digit not in ETA_MINUTES:
        return True
    return now + timedelta(minutes=ETA_MINUTES[digit]) <= wanted_by


def stage_after(current: Stage, reported: Stage) -> Stage:
    """A report moves a text on or leaves it: never back, and of two ends the first stays."""
    return reported if _ADVANCE[reported] > _ADVANCE[current] else current
