"""The simulated phones' pages: who has which texts, and answering as one of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.messaging import queries
from app.messaging.actions import phones as actions
from app.messaging.models import SimText
from app.messaging.texts import masked
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

phones = Blueprint("messaging", __name__, url_prefix="/phones")

DIGITS = ("1", "2", "3", "9")
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
        found, pace = queries.phones(db, name=name), queries.pace(db)
    return render_template(
        "messaging/phones.html", phones=found, pace=pace, paces=actions.PACES, name=name, masked=masked
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


@phones.post("/pace")
@requires(Permission.SIMULATOR_USE)
def pace() -> Any:
    text = typed("pace")
    if not text.isdecimal() or int(text) not in actions.PACES:
        raise Invalid.field("pace", f"must be one of {', '.join(map(str, actions.PACES))}")
    transact(actions.set_pace, actor(), pace=int(text))
    message = "People answer by themselves now." if int(text) else "People answer only by hand now."
    return done(message, url_for("messaging.phones"))


def _phone(person_id: str, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        person, number, texts = queries.conversation(db, person_id)
        facility = db.get(Facility, person.facility_id)
    g.zone = facility.zone if facility else None
    return render_template(
        "messaging/phone.html",
        person=person,
        number=number,
        messages=[_bubble(text) for text in texts],
        digits=DIGITS,
        data={"text": request.form.get("text", "") if errors else ""},
        errors=errors or {},
    )


def _bubble(text: SimText) -> dict[str, Any]:
    return {"text": text.body, "at": text.at, "mine": text.mine}
