"""One page of somebody's contact methods, whether they open it signed in, by a link, or the keeper does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from flask import g, render_template, request

from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.core.pseudonyms import Pseudonyms
from app.facilities.models import Facility
from app.messaging.channels import Channel
from app.runtime import runtime, transact
from app.staffing import queries as roster
from app.staffing.contacts import queries
from app.staffing.contacts.actions import owning, testing, verifying
from app.staffing.contacts.addresses import NAMES, ending
from app.staffing.contacts.models import ContactCare, ContactCode, QuietTest
from app.staffing.contacts.rules import MOST_TRIES, Verdict
from app.staffing.models import ContactMethod
from app.web.forms import Errors, done, local_time, submitted, typed

LABELS = {
    "address": "Number or address",
    "kind": "What it is",
    "code": "Code",
    "until": "Pause until",
    "quiet_from": "Quiet from",
    "quiet_to": "Quiet to",
}
HOW = {"code": "by code", "link": "by a link in a mail", "word_of_mouth": "in person"}
KINDS = (("mobile", "Mobile"), ("landline", "Landline, for calls"), ("email", "Mail address"))
RESULTS = {
    "planned": "is planned",
    "asked": "is on its way",
    "sent": "was sent; nothing more is known",
    "delivered": "arrived",
    "answered": "was answered",
    "failed": "did not arrive",
    "unknown": "was sent, and nobody knows whether it arrived",
    "skipped": "was left out",
}


@dataclass(frozen=True)
class Shown:
    """A method as the page shows it."""

    method: ContactMethod
    kind: str
    ending: str
    care: ContactCare | None
    code: ContactCode | None
    test: QuietTest | None
    planned: QuietTest | None
    rests_until: datetime | None

    @property
    def tries_left(self) -> int:
        return MOST_TRIES - self.code.tries if self.code else 0


@dataclass(frozen=True)
class View:
    """Whose page it is, who looks at it, and where its forms are sent."""

    person_id: str
    actor: Actor
    url: str
    template: str = "contacts/reach.html"
    breadcrumb: tuple[Mapping[str, str], ...] = ()


def pseudonyms() -> Pseudonyms:
    return Pseudonyms(runtime().settings.secret_key, "contact codes")


def show(view: View, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        person = roster.person(db, view.person_id)
        place = db.get_one(Facility, person.facility_id)
        g.zone = place.zone
        cares, codes = queries.cares(db, person), queries.open_codes(db, person, now)
        made, planned = queries.tests_of(db, person)
        resting = queries.resting(db, [m.id for m in person.contacts], place.zone, now)
        keeper = view.actor.may(Permission.ROSTER_EDIT, person.facility_id)
        return render_template(
            view.template,
            person=person,
            hospital=place.name,
            own=view.actor.person_id == person.id,
            keeper=keeper,
            methods=[
                Shown(
                    method,
                    NAMES.get(Channel(method.channel), method.channel),
                    ending(method.channel, method.address),
                    cares.get(method.id),
                    codes.get(method.id),
                    made.get(method.id),
                    planned.get(method.id),
                    resting.get(method.id),
                )
                for method in person.contacts
            ],
            unreachable=queries.why_unreachable(person),
            url=view.url,
            how=HOW,
            results=RESULTS,
            kinds=KINDS,
            data=request.form if errors else {},
            errors=errors or {},
            at=request.form.get("contact_id", "") if errors else "",
            labels=LABELS,
            breadcrumb=list(view.breadcrumb),
        )


def take(view: View) -> Any:
    """A form of the page: `do` names what is wanted, `contact_id` of which method."""

    def act() -> Any:
        do = DOES.get(typed("do"))
        if do is None:
            raise Invalid.field("do", f"must be one of {', '.join(DOES)}")
        return done(do(view, typed("contact_id")), view.url)

    return submitted(act, lambda errors: show(view, errors))


def _send(view: View, contact_id: str) -> str:
    transact(
        verifying.send_code,
        view.actor,
        view.person_id,
        contact_id,
        pseudonyms=pseudonyms(),
        public_url=runtime().settings.public_url,
    )
    return "A code is on its way. Type it here within 15 minutes."


def _enter(view: View, contact_id: str) -> str:
    verdict = transact(
        verifying.enter_code,
        view.actor,
        view.person_id,
        contact_id,
        typed=typed("code"),
        pseudonyms=pseudonyms(),
    )
    if verdict is not Verdict.RIGHT:
        raise Invalid.field("code", verdict.value)
    return verdict.value


def _vouch(view: View, contact_id: str) -> str:
    transact(verifying.vouch, view.actor, view.person_id, contact_id)
    return "It is marked as verified in person, by you."


def _add(view: View, _contact_id: str) -> str:
    transact(
        owning.add_method,
        view.actor,
        view.person_id,
        kind=typed("kind"),
        address=typed("address"),
        calls=typed("calls") == "1",
    )
    return "Added. Ask for a code to make sure that it reaches you."


def _remove(view: View, contact_id: str) -> str:
    transact(owning.remove_method, view.actor, view.person_id, contact_id)
    return "Removed."


def _pause(view: View, contact_id: str) -> str:
    until = local_time("until", _zone(view))
    if until is None:
        raise Invalid.field("until", "say until when")
    transact(owning.pause, view.actor, view.person_id, contact_id, until=until)
    return "Paused. A real incident still comes through."


def _resume(view: View, contact_id: str) -> str:
    transact(owning.pause, view.actor, view.person_id, contact_id, until=None)
    return "It is in use again."


def _quiet(view: View, contact_id: str) -> str:
    transact(
        owning.set_quiet_hours,
        view.actor,
        view.person_id,
        contact_id,
        start=typed("quiet_from"),
        end=typed("quiet_to"),
    )
    return "Quiet hours are set. A real incident still comes through."


def _test(view: View, _contact_id: str) -> str:
    with runtime().db.read() as db:
        facility_id = roster.person(db, view.person_id).facility_id
    count = transact(testing.ask_now, view.actor, facility_id, person_id=view.person_id)
    return f"{count} {'test is' if count == 1 else 'tests are'} on the way." if count else "Just tested."


def _zone(view: View) -> str:
    with runtime().db.read() as db:
        person = roster.person(db, view.person_id)
        return db.scalars(sa.select(Facility.zone).where(Facility.id == person.facility_id)).one()


DOES: Mapping[str, Callable[[View, str], str]] = MappingProxyType(
    {
        "send": _send,
        "enter": _enter,
        "vouch": _vouch,
        "add": _add,
        "remove": _remove,
        "pause": _pause,
        "resume": _resume,
        "quiet": _quiet,
        "test": _test,
    }
)
