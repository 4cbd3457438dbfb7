"""What a journal can say about waiting and escalating.

`what` is the kind of subject, `title` its words. `next_do` happens at `next_at` unless somebody comes first;
both are None when nothing more does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.journal import Event, event


class About(Protocol):
    """What all events about one thing that waits have in common."""

    @property
    def what(self) -> str: ...
    @property
    def subject_id(self) -> str: ...
    @property
    def escalation_id(self) -> str: ...
    @property
    def title(self) -> str: ...


@event("escalation.set", "escalation:{subject_id}", routine=True)
class EscalationSet(Event):
    """From now on `do` happens at `due_at` unless an answer comes first."""

    what: str
    subject_id: str
    step: int
    round: int
    do: str
    due_at: datetime


@event("escalation.stepped", "escalation:{subject_id}")
class EscalationStepped(Event):
    """`late_seconds`: how long after it was due; more than a tick after an outage. `told`: names, and `role`
    as what. `passed_over`: why it was not done after all, empty when it was."""

    what: str
    subject_id: str
    title: str
    step: int
    round: int
    do: str
    due_at: datetime
    late_seconds: int
    told: list[str]
    escalation_id: str = ""
    role: str = ""
    needs: int = 1
    passed_over: str = ""
    next_do: str | None = None
    next_at: datetime | None = None


@event("escalation.answered", "escalation:{subject_id}")
class NoticeAnswered(Event):
    """Somebody who was told has answered. `answer` is sees_to_it, handed_on or cannot; of `needs` people who
    are to see to it, `acks` have said so."""

    what: str
    subject_id: str
    escalation_id: str
    title: str
    person_name: str
    answer: str
    channel: str
    acks: int
    needs: int


@event("escalation.taken", "escalation:{subject_id}")
class EscalationTaken(Event):
    """`by` sees to it; nobody else is told before `until`."""

    what: str
    subject_id: str
    escalation_id: str
    title: str
    by: str
    until: datetime


@event("escalation.handed_on", "escalation:{subject_id}")
class EscalationHandedOn(Event):
    """`to` a person, as what; None: to whomever the next step names, at once."""

    what: str
    subject_id: str
    escalation_id: str
    title: str
    by: str
    to: str | None
    next_do: str | None = None
    next_at: datetime | None = None


@event("escalation.shelved", "escalation:{subject_id}")
class EscalationShelved(Event):
    """Nobody is told before `until`; then it comes back by itself."""

    what: str
    subject_id: str
    escalation_id: str
    title: str
    by: str
    until: datetime
    reason: str


@event("escalation.came_back", "escalation:{subject_id}")
class EscalationCameBack(Event):
    """The time of whoever saw to it, or of the shelf, is over. `told`: names. `why` is held or shelved."""

    what: str
    subject_id: str
    escalation_id: str
    title: str
    why: str
    told: list[str]
    late_seconds: int
    next_do: str | None = None
    next_at: datetime | None = None


@event("escalation.ended", "escalation:{subject_id}", routine=True)
class EscalationEnded(Event):
    """It waits for nobody any more."""

    what: str
    subject_id: str


@event("escalation.policy_changed", "policy:{what}")
class PolicyChanged(Event):
    """On a hospital's stream. `steps` reads like "5 min: ask_next"."""

    what: str
    steps: list[str]
    rounds: int
