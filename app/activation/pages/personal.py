"""What a person who is asked sees: the page behind the link in a text, and the same for who is signed in.

The link is the key: it needs no password and no script, and looking at it changes nothing, because messaging
programs open links to show what is behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import g, render_template, url_for
from sqlalchemy.orm import Session

from app.accounts import links
from app.accounts.access import actor, public, requires
from app.activation import actions, queries
from app.activation.models import Question, QuestionState, SlotKind
from app.activation.pages.frame import LABELS, pages
from app.activation.queries import Put
from app.activation.rules import CANNOT_COME, ETA_MINUTES, READ, expected_at
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.runtime import runtime, transact
from app.staffing.models import ContactMethod, Person
from app.web.forms import Errors, done, submitted, typed

WAYS = {"sms": "Text", "voice": "Call", "email": "Mail"}


@dataclass(frozen=True)
class Choice:
    """A digit as a button; `by`: when who presses it now is expected."""

    digit: str
    words: str
    by: datetime | None


@pages.route("/a/<secret>")
@public("the link in a text is the key; looking at it answers nothing")
def answer_page(secret: str) -> str:
    return _by_link(secret)


@pages.route("/a/<secret>", methods=["POST"])
@public("the link in a text is the key")
def answer(secret: str) -> Any:
    """A digit, or words for the one who asks; `question` names another question of the same person."""
    here = url_for("activation.answer_page", secret=secret)

    def act() -> Any:
        return done(transact(_take_by_link, secret, typed("question"), typed("digit"), typed("words")), here)

    return submitted(act, lambda errors: _by_link(secret, errors))


@pages.route("/my/callouts")
@requires(Permission.CALLOUT_ANSWER)
def mine() -> str:
    return _mine()


@pages.route("/my/callouts/<uuid:question_id>", methods=["POST"])
@requires(Permission.CALLOUT_ANSWER)
def answer_mine(question_id: UUID) -> Any:
    def act() -> Any:
        words = transact(_take, actor(), str(question_id), typed("digit"), typed("words"))
        return done(words, url_for("activation.mine"))

    return submitted(act, _mine)


def _take_by_link(uow: UnitOfWork, secret: str, question_id: str, digit: str, words: str) -> str:
    link = links.open_link(uow.session, secret, "answer", uow.now)
    asked, _, _ = queries.newest_question(uow.session, question_id or link.subject_id)
    if asked.person_id != link.person_id:
        raise NotFound("There is no such question.")
    who = Actor.person(asked.person_id, asked.person_name)
    return _take(uow, who, asked.id, digit, words)


def _take(uow: UnitOfWork, who: Actor, question_id: str, digit: str, words: str) -> str:
    """What is said to the person."""
    if words:
        actions.write(uow, who, question_id, text=words)
        return "Your message is with those who asked. It is no answer: press one of the buttons too."
    return actions.answer(uow, who, question_id, digit=digit, channel="link").message


def _by_link(secret: str, errors: Errors | None = None) -> str:
    rt = runtime()
    now = rt.clock.now()
    with rt.db.read() as db:
        link = links.open_link(db, secret, "answer", now)
        asked, _, incident = queries.newest_question(db, link.subject_id)
        source = queries.source_of(db, incident)
        g.zone = source.zone
        put = queries.put_to(db, asked.person_id, now)
        main = next((one for one in put if one.question.id == asked.id), None) or queries.put(db, asked)
        url = url_for("activation.answer", secret=secret)
        return render_template(
            "activation/answer.html",
            main=_shown(main, now, url),
            others=[_shown(one, now, url) for one in put if one.question.id != asked.id],
            ways=_ways(db, asked.person_id),
            place=source.facility_code,
            exercise=incident.exercise,
            errors=errors or {},
            labels=LABELS,
        )


def _mine(errors: Errors | None = None) -> str:
    rt = runtime()
    now = rt.clock.now()
    person_id = actor().person_id
    with rt.db.read() as db:
        put = queries.put_to(db, person_id, now) if person_id else []
        shown = [
            _shown(one, now, url_for("activation.answer_mine", question_id=one.question.id)) for one in put
        ]
        ways = _ways(db, person_id) if person_id else []
        return render_template(
            "activation/mine.html",
            shown=shown,
            on_roster=person_id is not None,
            ways=ways,
            exercise=bool(put) and all(one.incident.exercise for one in put),
            errors=errors or {},
            labels=LABELS,
        )


def _shown(put: Put, now: datetime, url: str) -> dict[str, Any]:
    open_ = put.question.state is QuestionState.OPEN
    return {
        "put": put,
        "question": put.question,
        "informs": put.slot.kind is SlotKind.INFORMATION,
        "open": open_,
        "answered": put.question.outcome is not None,
        "choices": _choices(put.slot.kind, now),
        "said": _said(put.question),
        "expected_at": expected_at(put.question),
        "url": url,
    }


def _choices(kind: SlotKind, now: datetime) -> list[Choice]:
    if kind is SlotKind.INFORMATION:
        return [Choice(READ, "I have read this", None)]
    coming = [
        Choice(digit, f"I come, within {_within(minutes)}", now + timedelta(minutes=minutes))
        for digit, minutes in ETA_MINUTES.items()
    ]
    return [*coming, Choice(CANNOT_COME, "I cannot come", None)]


def _within(minutes: int) -> str:
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


def _said(question: Question) -> str | None:
    return {
        "1": "coming within 30 min",
        "2": "coming within 60 min",
        "3": "coming later",
        "9": "cannot come",
    }.get(question.digit or "")


def _ways(db: Session, person_id: str) -> list[dict[str, Any]]:
    """How this person is reached, as far as it may be shown to whoever holds the link."""
    person = db.get_one(Person, person_id)
    return [
        {"channel": WAYS.get(c.channel, c.channel), "end": _end(c), "word": _word(c), "good": _good(c)}
        for c in person.contacts
    ]


def _end(contact: ContactMethod) -> str:
    if contact.channel == "email":
        name, _, domain = contact.address.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"number ending in {contact.address[-2:]}"


def _good(contact: ContactMethod) -> bool:
    return contact.opted_out_at is None and contact.suspect_since is None


def _word(contact: ContactMethod) -> str:
    if contact.opted_out_at is not None:
        return "you have replied STOP; text START to take part again"
    return "did not work lately" if contact.suspect_since is not None else "in use"
