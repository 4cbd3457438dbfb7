"""Watching a call-out, and what can be done about it: ask further, take an answer down, stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.activation import actions, chain, progress, queries
from app.activation.curve import curve, drawn, table
from app.activation.models import WANTING, Question, QuestionState, Slot, SlotKind, SlotState
from app.activation.pages.frame import LABELS, TITLE, page_url, pages
from app.activation.progress import Standing
from app.activation.rules import READ, SAID, expected_at, tally
from app.core.permissions import Permission
from app.incidents import queries as incidents
from app.incidents.frame import frame
from app.incidents.models import Incident
from app.journal import head_seqs
from app.messaging.channels import Channel
from app.runtime import runtime, transact
from app.web.forms import Errors, done, page_number, submitted, typed

STATES = {
    "open": ("waiting", "watch"),
    "exhausted": ("nobody left to ask", "act"),
    "filled": ("filled", "done"),
    "stopped": ("stopped", "normal"),
    "told": ("told", "normal"),
}
STAGES = {
    "asked": ("not sent yet", "normal"),
    "sent": ("sent", "normal"),
    "delivered": ("delivered", "done"),
    "failed": ("not reached", "act"),
}
NEXT = {Channel.SMS: "text", Channel.VOICE: "call", Channel.EMAIL: "mail", Channel.WEBHOOK: "post"}
TRIED = {"sms": "text", "voice": "call", "email": "mail"}
STEPS = {
    "ask_next": "the next is asked",
    "tell_supervisor": "a supervisor is told",
    "tell_commander": "the commander is told",
    "repeat": "the list begins again",
}


@pages.route("/incidents/<uuid:incident_id>/callouts")
@requires(Permission.BOARD_VIEW)
def index(incident_id: UUID) -> str:
    with runtime().db.read() as db:
        incident = incidents.visible_incident(db, actor(), str(incident_id))
        counted = progress.tallies(db, incident.id)
        nobody = tally(())
        rows = [
            {"callout": callout, "slots": [(slot, counted.get(slot.id, nobody)) for slot in callout.slots]}
            for callout in reversed(db.scalars(queries.callouts_of(incident.id, whole=False)).all())
        ]
        return render_template(
            "activation/index.html", **frame(db, incident, TITLE), rows=rows, states=STATES
        )


@pages.route("/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>")
@requires(Permission.BOARD_VIEW)
def show(incident_id: UUID, callout_id: UUID) -> str:
    """`?show=` filters the people, `?name=` finds one, `?page=` turns the page."""
    return _board(incident_id, callout_id)


@pages.route("/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>/stop", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def stop(incident_id: UUID, callout_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.stop_callout, actor(), str(callout_id), reason=typed("reason"))
        return done("Call-out stopped.", page_url(incident_id, callout_id))

    return submitted(act, lambda errors: _board(incident_id, callout_id, errors))


@pages.route(
    "/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>/slots/<uuid:slot_id>", methods=["POST"]
)
@requires(Permission.CALLOUT_SEND)
def ask(incident_id: UUID, callout_id: UUID, slot_id: UUID) -> Any:
    """`again` begins the list again; else the next on it is asked."""

    def act() -> Any:
        action = actions.ask_again if typed("again") else actions.ask_next
        asked = transact(action, actor(), str(slot_id))
        return done(f"{asked} asked.", page_url(incident_id, callout_id))

    return submitted(act, lambda errors: _board(incident_id, callout_id, errors))


@pages.route(
    "/incidents/<uuid:incident_id>/callouts/<uuid:callout_id>/questions/<uuid:question_id>", methods=["POST"]
)
@requires(Permission.CALLOUT_SEND)
def take_down(incident_id: UUID, callout_id: UUID, question_id: UUID) -> Any:
    """An answer that somebody gave by telephone or at the door."""

    def act() -> Any:
        given = transact(actions.answer, actor(), str(question_id), digit=typed("digit"), channel="by_hand")
        return done(
            f"{given.question.person_name}: {_said(given.outcome)}.", page_url(incident_id, callout_id)
        )

    return submitted(act, lambda errors: _board(incident_id, callout_id, errors))


@pages.route("/incidents/<uuid:incident_id>/messages/<uuid:message_id>/read", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def read_message(incident_id: UUID, message_id: UUID) -> Any:
    """Somebody has read what a person wrote, and sees to it."""
    message = transact(actions.mark_read, actor(), str(incident_id), str(message_id))
    return done(f"Message of {message.person_name} read.", page_url(incident_id, message.callout_id))


def _board(incident_id: UUID, callout_id: UUID, errors: Errors | None = None) -> str:
    rt = runtime()
    now = rt.clock.now()
    with rt.db.read() as db:
        callout = queries.visible_callout(db, actor(), str(incident_id), str(callout_id), whole=False)
        incident = incidents.incident(db, callout.incident_id)
        seq = head_seqs(db, [incident.stream]).get(incident.stream, 0)
        sizes = queries.list_sizes(db, callout.id)
        stand = progress.standings(db, callout.id, callout.slots)
        return render_template(
            "activation/callout.html",
            **frame(db, incident, TITLE),
            callout=callout,
            seq=seq,
            slots=[
                _slot(slot, callout.opened_at, sizes.get(slot.id, 0), stand[slot.id], now)
                for slot in callout.slots
            ],
            channels=progress.by_channel(db, callout.id),
            lost=progress.lost(db, callout.id),
            messages=progress.messages(db, callout.id),
            things=TRIED,
            wanting=any(slot.state in WANTING for slot in callout.slots),
            errors=errors or {},
            labels=LABELS,
            **_people(db, incident, callout.id),
        )


def _people(db: Any, incident: Incident, callout_id: str) -> dict[str, Any]:
    show_ = request.args.get("show", "all")
    show_ = show_ if show_ in progress.FILTERS else "all"
    name, page = request.args.get("name", "").strip()[:80], page_number()
    found = progress.people(db, callout_id, show=show_, name=name, page=page)

    def url(**changed: Any) -> str:
        wanted = {"show": show_, "name": name or None} | changed
        return url_for("activation.show", incident_id=incident.id, callout_id=callout_id, **wanted)

    tabs = [
        {"label": words, "url": url(show=key), "current": key == show_, "count": found.counts[key]}
        for key, (words, _) in progress.FILTERS.items()
    ]
    return {
        "people": [_person(question, slot) for question, slot in found.rows],
        "people_tabs": tabs,
        "name": name,
        "show": show_,
        "page": page,
        "pages": found.pages,
        "turn": lambda number: url(page=number),
    }


def _slot(slot: Slot, opened_at: datetime, listed: int, stand: Standing, now: datetime) -> dict[str, Any]:
    counted = curve(opened_at, stand.arrivals, slot.needed, slot.wanted_by)
    word, state = STATES[slot.state.value]
    return {
        "slot": slot,
        "word": word,
        "state": state,
        "listed": listed,
        "tally": stand.tally,
        "wanting": slot.state in WANTING,
        "informs": slot.kind is SlotKind.INFORMATION,
        "curve": counted,
        "drawn": drawn(counted, now if slot.state in (*WANTING, SlotState.FILLED) else None),
        "table": table(counted),
        "next_up": stand.next_up,
        "left": stand.left,
        "next": STEPS.get(stand.waits.do) if stand.waits else None,
        "waits": stand.waits,
    }


def _person(question: Question, slot: Slot) -> dict[str, Any]:
    word, state = STAGES[question.stage.value]
    tried = [TRIED.get(channel, channel) for channel in question.channels]
    following = _following(question)
    return {
        "question": question,
        "title": slot.title,
        "word": word,
        "state": state,
        "tried": ", ".join(f"{n} × {what}" if n > 1 else what for what, n in _counted(tried)),
        "said": _said(question.outcome),
        "expected_at": expected_at(question),
        "next": " and ".join(NEXT[channel] for channel in following),
        "choices": [(READ, "has read it")] if slot.kind is SlotKind.INFORMATION else list(SAID.items()),
    }


def _following(question: Question) -> list[Channel]:
    """The channels that are tried next if there is no answer."""
    if question.state is not QuestionState.OPEN or question.next_channel_at is None:
        return []
    steps = chain.read(question.chain)
    return [steps[index].channel for index in chain.due(steps, question.tried, ())]


def _counted(words: list[str]) -> list[tuple[str, int]]:
    return [(word, words.count(word)) for word in dict.fromkeys(words)]


def _said(outcome: str | None) -> str:
    words = {
        "coming": "comes",
        "later": "would come later",
        "cannot_come": "cannot come",
        "not_needed": "would come, not needed",
        "over": "answered after the end",
        "read": "has read it",
    }
    return words[outcome] if outcome else "no answer yet"
