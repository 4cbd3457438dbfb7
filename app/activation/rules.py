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

CODE_REST = timedelta(hours=24)
"""A code is not given again to the same phone for so long."""

LINK_LIFE = timedelta(hours=24)

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
    yes        said they come, needed or not.
    coming     said yes and have the place.
    no         cannot come.
    silent     have said nothing.
    """

    asked: int
    pending: int
    sent: int
    delivered: int
    failed: int
    yes: int
    coming: int
    no: int
    silent: int


def tally(questions: Iterable[AskedPerson]) -> Tally:
    standing = [q for q in questions if q.state != QuestionState.REPLACED]
    stages = [q.stage for q in standing]
    outcomes = [q.outcome for q in standing]
    coming, no = outcomes.count(Outcome.COMING), outcomes.count(Outcome.CANNOT_COME)
    silent = outcomes.count(None)
    return Tally(
        asked=len(standing),
        pending=stages.count(Stage.ASKED),
        sent=stages.count(Stage.SENT),
        delivered=stages.count(Stage.DELIVERED),
        failed=stages.count(Stage.FAILED),
        yes=len(standing) - no - silent,
        coming=coming,
        no=no,
        silent=silent,
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


def outcome_of(digit: str, slot: SlotState, *, taken: bool, over: bool) -> Outcome:
    """What an answer leads to. `taken`: somebody else has the place; `over`: the incident is closed."""
    if digit == CANNOT_COME:
        return Outcome.CANNOT_COME
    if over or slot is SlotState.STOPPED:
        return Outcome.OVER
    return Outcome.NOT_NEEDED if taken or slot not in WANTING else Outcome.COMING


def stage_after(current: Stage, reported: Stage) -> Stage:
    """A report moves a text on or leaves it: never back, and of two ends the first stays."""
    return reported if _ADVANCE[reported] > _ADVANCE[current] else current
