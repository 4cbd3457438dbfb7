"""What a journal can say about waiting and escalating."""

from __future__ import annotations

from datetime import datetime

from app.journal import Event, event


@event("escalation.set", "escalation:{subject_id}", routine=True)
class EscalationSet(Event):
    """From now on `do` happens at `due_at` unless an answer comes first. `what` is the kind of subject."""

    what: str
    subject_id: str
    step: int
    round: int
    do: str
    due_at: datetime


@event("escalation.stepped", "escalation:{subject_id}")
class EscalationStepped(Event):
    """`late_seconds`: how long after it was due; more than a tick after an outage. `told`: names."""

    what: str
    subject_id: str
    title: str
    step: int
    round: int
    do: str
    due_at: datetime
    late_seconds: int
    told: list[str]


@event("escalation.policy_changed", "policy:{what}")
class PolicyChanged(Event):
    """On a hospital's stream. `steps` reads like "5 min: ask_next"."""

    what: str
    steps: list[str]
    rounds: int
