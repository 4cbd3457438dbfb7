"""Which letter names a question in a reply from a phone, and whether the phone has another one open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.candidates import chunks
from app.activation.models import Question, QuestionState
from app.activation.rules import CODE_REST, next_code
from app.staffing.models import ContactMethod, Person

Given = Callable[[Session, Sequence[str], datetime], Iterable[tuple[str, str, bool]]]
_ALSO: list[Given] = []


def also_gives(given: Given) -> Given:
    """Register whoever else puts letters into texts: (session, numbers, now) to (number, letter, still open),
    so that a reply from a phone can never be for two things."""
    _ALSO.append(given)
    return given


@dataclass
class Codes:
    """By phone number: codes given lately, and how many questions stand open."""

    used: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    open: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def give(self, person: Person, code: str | None = None) -> tuple[str, bool]:
        """A code that no phone of this person has had lately (or `code` again, when the same is asked
        anew), and whether another question stands open there."""
        numbers = [contact.address for contact in person.contacts]
        used = set().union(*(self.used[number] for number in numbers))
        code = code or next_code(used)
        tagged = any(self.open[number] for number in numbers)
        for number in numbers:
            self.used[number].add(code)
            self.open[number] += 1
        return code, tagged


def codes_of(session: Session, people: Iterable[Person], now: datetime, asking: str) -> Codes:
    """The codes of all who can be reached at a number of these people: phones are shared.

    Questions of the slot `asking` do not count as open: asking again replaces them.
    """
    numbers = sorted({contact.address for person in people for contact in person.contacts})
    found = Codes()
    for some in chunks(numbers):
        for address, code, slot_id, state in session.execute(_given(some, now)):
            found.used[address].add(code)
            if state is QuestionState.OPEN and slot_id != asking:
                found.open[address] += 1
        for given in _ALSO:
            for address, code, still_open in given(session, some, now):
                found.used[address].add(code)
                found.open[address] += still_open
    return found


def _given(numbers: Sequence[str], now: datetime) -> sa.Select[str, str, str, QuestionState]:
    return (
        sa.select(ContactMethod.address, Question.code, Question.slot_id, Question.state)
        .join(Question, Question.person_id == ContactMethod.person_id)
        .where(
            ContactMethod.address.in_(numbers),
            sa.or_(Question.asked_at > now - CODE_REST, Question.state == QuestionState.OPEN),
        )
    )
