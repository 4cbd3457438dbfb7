"""Call-outs: how many were asked, how far the texts have come, who is on the way, what waits for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.activation.curve import curve, drawn
from app.activation.rules import expected_at, tally
from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture
from app.board.sections.callouts import CalloutView, QuestionView, SlotView
from app.board.wording import Data, says
from app.escalation.wording import NEXT

SHOWN = 12
COMING = 6
STATES = {
    "open": ("waiting", "watch"),
    "exhausted": ("nobody left to ask", "act"),
    "filled": ("filled", "done"),
    "stopped": ("stopped", "normal"),
    "told": ("told", "normal"),
}


@card("callouts", "Call-outs", region="main", template="board/callouts.html")
def callouts(picture: Picture) -> dict[str, Any]:
    """Slots that want somebody come first, those with nobody left to ask before the others; then the newest."""
    newest_first = sorted(picture.callouts.items.values(), key=_opened, reverse=True)
    slots = [slot for callout in newest_first for slot in picture.callouts.slots_of(callout)]
    slots.sort(key=lambda slot: (not slot.wanting, slot.state != "exhausted"))
    wanting = [slot for slot in slots if slot.wanting]
    ended = [slot for slot in slots if not slot.wanting]
    return {
        "rows": [_row(picture, slot) for slot in wanting[:SHOWN]],
        "more": max(0, len(wanting) - SHOWN),
        "ended": [_row(picture, slot) for slot in ended],
        "wanting": len(wanting),
        "exhausted": sum(slot.state == "exhausted" for slot in wanting),
        "new_url": links.page(picture.command.id, "callouts", "new"),
        "all_url": links.page(picture.command.id, "callouts"),
    }


def _opened(callout: CalloutView) -> tuple[datetime, str]:
    return callout.opened_at, callout.id


def _row(picture: Picture, slot: SlotView) -> dict[str, Any]:
    word, state = STATES[slot.state]
    counted = tally(slot.questions.values())
    coming = _coming(slot.questions.values())
    return {
        "slot": slot,
        "tally": counted,
        "counts": _counts(counted, slot.listed),
        "want": _want(slot),
        "reached": _reached(slot),
        "curve": _curve(picture, slot, coming),
        "coming": coming[:COMING],
        "more_coming": max(0, len(coming) - COMING),
        "word": word,
        "state": state,
        "next": _next(slot),
        "url": links.page(picture.command.id, "callouts", slot.callout_id),
    }


def _want(slot: SlotView) -> str:
    """What is wanted, and how much of it there is."""
    if slot.kind == "information":
        counted = tally(slot.questions.values())
        return f"for information: {counted.asked} told, {counted.delivered} delivered, {counted.read} read"
    coming = tally(slot.questions.values()).coming
    there = f"{coming} of {slot.needed}" if slot.kind == "group" else ""
    within = f"within {slot.within_minutes} min" if slot.within_minutes is not None else ""
    return " ".join(part for part in (there, within) if part)


def _reached(slot: SlotView) -> str:
    """People by the ways that were tried; who was texted and then called counts in both."""
    words = (("sms", "texted"), ("voice", "called"), ("email", "mailed"))
    asked = [q for q in slot.questions.values() if q.state != "replaced"]
    counts = [(sum(channel in q.channels for q in asked), word) for channel, word in words]
    return ", ".join(f"{number} {word}" for number, word in counts if number)


def _curve(picture: Picture, slot: SlotView, coming: Sequence[tuple[str, datetime]]) -> dict[str, Any] | None:
    """For a group that somebody comes for. Without a line for now: a card is the same whenever it is drawn."""
    if slot.kind != "group" or not coming or not slot.wanting:
        return None
    opened = picture.callouts.items[slot.callout_id].opened_at
    one = curve(opened, [at for _, at in coming], slot.needed, slot.wanted_by)
    return {"curve": one, "drawn": drawn(one)}


def _next(slot: SlotView) -> str | None:
    """What happens without an answer; asking the next is nothing when nobody is left."""
    if slot.waits is None or (slot.state == "exhausted" and slot.waits.do == "ask_next"):
        return None
    return NEXT.get(slot.waits.do)


def _counts(counted: Any, listed: int) -> str:
    """Sent is not delivered is not answered: each is counted apart, and left out while it is nought."""
    texts = ("not sent yet", counted.pending), ("sent", counted.sent), ("delivered", counted.delivered)
    answers = (
        ("not reached", counted.failed),
        ("coming", counted.coming),
        ("later", counted.later),
        ("no", counted.no),
        ("silent", counted.silent),
    )
    parts = [f"{number} {word}" for word, number in (*texts, *answers) if number]
    return ", ".join([f"{counted.asked} asked of {listed}", *parts])


def _coming(questions: Any) -> list[tuple[str, datetime]]:
    """Names and the latest moment they promised, the soonest first."""
    found: Sequence[QuestionView] = [q for q in questions if q.state != "replaced"]
    times = [(q.person_name, at) for q in found if (at := expected_at(q)) is not None]
    return sorted(times, key=lambda pair: (pair[1], pair[0]))


def _opened_words(data: Data, _picture: Picture) -> str:
    return f"Call-out for {_joined([_wanted(slot) for slot in data['slots']])}"


def _wanted(slot: Data) -> str:
    if slot["kind"] == "information":
        return f"{slot['title']}, for information"
    what = slot["title"] if slot["position"] else f"{slot['needed']} of {slot['title']}"
    within = slot.get("within_minutes")
    return f"{what} within {within} min" if within is not None else what


def _asked_words(data: Data, _picture: Picture) -> str:
    return f"Asked for {data['title']}: {_joined([q['person_name'] for q in data['questions']])}"


def _listed_words(data: Data, _picture: Picture) -> str:
    return f"More can be asked for {data['title']}: {_joined([p['person_name'] for p in data['added']])}"


def _channelled_words(data: Data, _picture: Picture) -> str:
    by = Counter(one["channel"] for one in data["questions"])
    words = {"sms": "texted", "voice": "called", "email": "mailed"}
    why = "no answer yet" if data["why"] == "silence" else "not reached"
    counts = ", ".join(f"{number} {words.get(channel, channel)}" for channel, number in sorted(by.items()))
    return f"Next way of reaching ({why}): {counts}"


def _any_yes_words(data: Data, _picture: Picture) -> str:
    taken = len(data["taken"])
    return f"Nobody can be there in time for {data['title']} any more: every yes counts now, {taken} taken"


def _delivered_words(data: Data, _picture: Picture) -> str:
    counts = [
        (len(data["sent"]), "sent"),
        (len(data["delivered"]), "delivered"),
        (len(data["failed"]), "failed"),
        (len(data["rerouted"]), "sent to another number"),
    ]
    return "Question texts: " + ", ".join(f"{number} {word}" for number, word in counts if number)


def _answer_words(data: Data, _picture: Picture) -> str:
    eta = f" within {data['eta_minutes']} min" if data["eta_minutes"] is not None else ""
    said = {
        "coming": f"comes{eta}",
        "later": f"would come{eta}, later than wanted",
        "read": "has read it",
        "cannot_come": "cannot come",
        "not_needed": f"would come{eta}, place taken",
        "over": f"would come{eta}, call-out over",
    }
    late = " (late)" if data["late"] else ""
    return f"{data['person_name']} {said[data['outcome']]}, for {data['title']}{late}"


def _joined(names: Sequence[str], most: int = 3) -> str:
    if not names:
        return "nobody"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


says("callout.opened", _opened_words)
says("question.asked", _asked_words)
says("question.delivered", _delivered_words)
says("answer.received", _answer_words)
says("slot.listed", _listed_words)
says("question.channelled", _channelled_words)
says("slot.any_yes", _any_yes_words)
says("slot.told", "{title}: {number} told, for information")
says("message.received", "{person_name} writes: {text}")
says("message.read", "{person_name} has read a message")
says("slot.filled", "{title} filled: {by}. {stood_down} stood down")
says("slot.reopened", "{title} wanted again: {person_name} cannot come after all")
says("slot.exhausted", "Nobody left to ask for {title}; {unanswered} have not answered")
says("callout.stopped", "Call-out stopped: {reason}. {stood_down} stood down")
