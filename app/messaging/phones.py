"""The simulated phones' pages: who has which texts, calls and mails, and answering as one of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.messaging import queries, ringing
from app.messaging.actions import phones as actions
from app.messaging.channels import Channel
from app.messaging.models import Ring, SimText
from app.messaging.texts import masked
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

phones = Blueprint("messaging", __name__, url_prefix="/phones")

DIGITS = ("1", "2", "3", "9")
_DONE_TO_CALLS = {
    "pick up": Ring.TALKING,
    "decline": Ring.DECLINED,
    "let it ring": Ring.MISSED,
    "hang up": Ring.ENDED,
}
_HAPPENED = {
    Ring.TALKING: "The call was picked up.",
    Ring.DECLINED: "The call was declined.",
    Ring.MISSED: "The call was missed.",
    Ring.ENDED: "The call has ended without an answer.",
}
_RANG: dict[Ring | None, str] = {
    Ring.ENDED: "picked up",
    Ring.DECLINED: "declined",
    Ring.MISSED: "missed",
}
_MADE_OF = {
    "reply": "The answer was taken.",
    "stop": "This person has opted out of texts.",
    "start": "This person gets texts again.",
    "help": "The carrier answers this word itself.",
    "not understood": "Sent. Nothing was waiting for this answer.",
    "unknown sender": "Sent. Nobody active on the roster has this number.",
}


@phones.get("", endpoint="phones")
@requires(Permission.SIMULATOR_USE)
def phone_list() -> str:
    name = request.args.get("name", "").strip()[:100]
    with runtime().db.read() as db:
        found, switch = queries.phones(db, name=name), queries.switch(db)
    return render_template(
        "messaging/phones.html",
        phones=found,
        pace=switch.pace,
        night=switch.night,
        paces=actions.PACES,
        name=name,
        where=_where,
    )


@phones.get("/<person_id>")
@requires(Permission.SIMULATOR_USE, keeps_awake=False)
def phone(person_id: str) -> str:
    return _phone(person_id)


@phones.post("/<person_id>")
@requires(Permission.SIMULATOR_USE)
def say(person_id: str) -> Any:
    def act() -> Any:
        outcome = transact(actions.say, actor(), person_id=person_id, text=typed("text"))
        return done(_MADE_OF[outcome], url_for("messaging.phone", person_id=person_id))

    return submitted(act, lambda errors: _phone(person_id, errors))


@phones.post("/<person_id>/calls/<call_id>")
@requires(Permission.SIMULATOR_USE)
def ring(person_id: str, call_id: str) -> Any:
    """Pick up, decline or miss a call, or hang up."""
    to = _DONE_TO_CALLS.get(typed("do"))
    if to is None:
        raise Invalid.field("do", f"must be one of {', '.join(_DONE_TO_CALLS)}")
    ringing.deal(runtime(), actor(), call_id, to)
    return done(_HAPPENED[to], url_for("messaging.phone", person_id=person_id))


@phones.post("/<person_id>/calls/<call_id>/key")
@requires(Permission.SIMULATOR_USE)
def press(person_id: str, call_id: str) -> Any:
    """Press a key in a call."""
    key = typed("key")
    if len(key) != 1 or key not in "0123456789":
        raise Invalid.field("key", "must be one digit")
    said = ringing.press_key(runtime(), call_id, key)
    return done(f"The call says: {said}", url_for("messaging.phone", person_id=person_id))


@phones.post("/pace")
@requires(Permission.SIMULATOR_USE)
def pace() -> Any:
    text = typed("pace")
    if not text.isdecimal() or int(text) not in actions.PACES:
        raise Invalid.field("pace", f"must be one of {', '.join(map(str, actions.PACES))}")
    transact(actions.set_pace, actor(), pace=int(text), night=typed("night") == "1")
    message = "People answer by themselves now." if int(text) else "People answer only by hand now."
    return done(message, url_for("messaging.phones"))


def _phone(person_id: str, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        found = queries.conversation(db, person_id)
        facility = db.get(Facility, found.person.facility_id)
    g.zone = facility.zone if facility else None
    return render_template(
        "messaging/phone.html",
        person=found.person,
        number=found.number,
        messages=[_bubble(text) for text in found.texts],
        calls=found.calls,
        mails=found.mails,
        digits=DIGITS,
        data={"text": request.form.get("text", "") if errors else ""},
        errors=errors or {},
    )


def _bubble(text: SimText) -> dict[str, Any]:
    note = ""
    if text.channel is Channel.VOICE:
        note = f"call, {_RANG.get(text.ring, 'said in it')}" if not text.mine else "key pressed in a call"
    return {"text": text.body, "at": text.at, "mine": text.mine, "note": note}


def _where(number: str) -> str:
    """A number as it may be shown; a mail address not at all."""
    return "mailbox" if "@" in number else masked(number)
