"""Steps in the words of boards and pages."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from app.escalation.deadlines import COME_BACK
from app.escalation.people import list_words
from app.escalation.steps import DOES, Step

NEXT = MappingProxyType(
    {
        "ask_next": "the next on the list is asked",
        "mark_overdue": "it is marked overdue",
        "tell_supervisor": "the supervisor is told",
        "tell_commander": "the incident commander is told",
        "tell_role": "the position responsible is told",
        "tell_on_duty": "who is on duty is told",
        "tell_all": "everybody on the list is told",
        "tell_in_turn": "the next in turn is told",
        "tell_webhook": "another system is told",
        "repeat": "it begins again",
        COME_BACK: "it comes back",
    }
)
BY = {"sms": "text", "voice": "call", "email": "mail"}


def says(step: Step, titles: dict[str, str] | None = None) -> str:
    """What a step does, whole: "tell whoever holds Logistics Section Chief by text and call, 07:00 to 19:00"."""
    what = DOES[step.do]
    if step.to:
        to = (titles or {}).get(step.to) or list_words(step.to if ":" in step.to else f":{step.to}")
        what = {
            "tell_role": f"tell the {to}",
            "tell_on_duty": f"tell who is on duty in {to}",
            "tell_all": f"tell all of {to}",
            "tell_in_turn": f"tell the next in turn of {to}",
            "tell_webhook": f"tell the system {to}",
        }.get(step.do, what)
    if step.tells and step.channels != ("sms",) and step.do != "tell_webhook":
        what += f" by {' and '.join(BY[channel] for channel in step.channels)}"
    if step.needs > 1:
        what += f", until {step.needs} see to it"
    if step.window is not None:
        how = "later waits for the hours" if step.outside == "wait" else "else passed over"
        what += f" (only {step.window.words()}, {how})"
    if step.only:
        what += " (real events only)" if step.only == "real" else " (exercises only)"
    if step.from_level:
        what += f" (from {step.from_level} activation)"
    return what


def names(told: Sequence[str], most: int = 3) -> str:
    if not told:
        return "nobody, who could be reached,"
    more = f" and {len(told) - most} more" if len(told) > most else ""
    return ", ".join(told[:most]) + more


def late(seconds: int) -> str:
    return f", {seconds // 60} min late" if seconds >= 60 else ""
