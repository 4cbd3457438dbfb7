"""Calling people in: what is wanted, then everything there is to know before it is sent, then one press."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask import render_template, request
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.activation import actions, before, candidates, planning
from app.activation.before import Before
from app.activation.candidates import Group
from app.activation.estimates import daily, lasts, money
from app.activation.models import ChainPlan
from app.activation.pages.frame import LABELS, TITLE, page_url, pages
from app.activation.texts import MOST_EXTRA
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.incidents import queries as incidents
from app.incidents.frame import frame
from app.incidents.models import Incident
from app.messaging.channels import Channel
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

FIELDS = ("group", "needed", "inform", "within_minutes", "at_once", "chain", "text", "send_to_all")
DEFAULTS = MappingProxyType({"at_once": "1", "chain": ChainPlan.NORMAL.value})
WITHIN = (
    ("", "As soon as they can"),
    ("30", "Within 30 minutes"),
    ("60", "Within 60 minutes"),
    ("120", "Within 2 hours"),
)
PLANS = (
    ("quick", "Quick", "text and call at once; for what cannot wait"),
    ("normal", "Normal", "text at once, call after 2 minutes without an answer"),
    ("quiet", "Quiet", "text only, nobody is rung out of bed"),
)
THINGS = {Channel.SMS: "texts", Channel.VOICE: "calls", Channel.EMAIL: "mails", Channel.WEBHOOK: "posts"}
KINDS = {Channel.SMS: "As a text", Channel.VOICE: "As a call", Channel.EMAIL: "As a mail"}


@pages.route("/incidents/<uuid:incident_id>/callouts/new")
@requires(Permission.CALLOUT_SEND)
def new(incident_id: UUID) -> str:
    return _form(incident_id, {"positions": request.args.getlist("position"), **DEFAULTS})


@pages.route("/incidents/<uuid:incident_id>/callouts/new", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def send(incident_id: UUID) -> Any:
    """Without `send` what there is to know before, with it the call-out. `change` goes back to the form, `plain`
    puts the added text into the plain alphabet first."""
    chosen: dict[str, Any] = {name: typed(name) or DEFAULTS.get(name, "") for name in FIELDS}
    chosen["positions"] = request.form.getlist("positions")
    if typed("plain"):
        chosen["text"] = before.plain_text(chosen["text"])
    if typed("change"):
        return _form(incident_id, chosen)

    def act() -> Any:
        wanted = _wanted(chosen)
        if not typed("send"):
            return _before(incident_id, chosen, wanted)
        url = runtime().settings.public_url
        callout = transact(actions.open_callout, actor(), str(incident_id), public_url=url, **wanted)
        return done("Call-out sent.", page_url(incident_id, callout.id))

    return submitted(act, lambda errors: _form(incident_id, chosen, errors))


def _wanted(chosen: dict[str, Any]) -> dict[str, Any]:
    within = chosen["within_minutes"]
    minutes = _number("within_minutes", within, planning.MOST_WITHIN) if within else None
    if chosen["chain"] not in list(ChainPlan):
        raise Invalid.field("chain", f"must be one of {', '.join(ChainPlan)}")
    return {
        "positions": chosen["positions"],
        "groups": _groups_wanted(chosen, minutes),
        "at_once": _number("at_once", chosen["at_once"], planning.MOST_AT_ONCE),
        "within_minutes": minutes,
        "chain": ChainPlan(chosen["chain"]),
        "text": chosen["text"],
        "hold_over": None if chosen["send_to_all"] else runtime().settings.daily_messages,
    }


def _groups_wanted(chosen: dict[str, Any], minutes: int | None) -> list[Group]:
    groups = []
    if chosen["group"]:
        needed = _number("needed", chosen["needed"], planning.MOST_NEEDED)
        groups.append(_group("group", chosen["group"], needed=needed, within_minutes=minutes))
    if chosen["inform"]:
        groups.append(_group("inform", chosen["inform"], needed=1, informs=True))
    return groups


def _group(field: str, text: str, **more: Any) -> Group:
    by, _, name = text.partition(":")
    if by not in ("skill", "department") or not name:
        raise Invalid.field(field, "choose one of the list")
    return Group(
        skill=name if by == "skill" else None, department=name if by == "department" else None, **more
    )


def _number(name: str, text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise Invalid.field(name, f"must be a whole number from 1 to {most}")
    return int(text)


def _form(incident_id: UUID, data: dict[str, Any], errors: Errors | None = None) -> str:
    errors = {("group" if name == "groups" else name): words for name, words in (errors or {}).items()}
    plainer = before.plain_text(data.get("text", ""))
    with runtime().db.read() as db:
        incident = incidents.visible_incident(db, actor(), str(incident_id))
        return render_template(
            "activation/new.html",
            **frame(db, incident, TITLE),
            positions=_positions(db, incident),
            groups=_groups(db, incident),
            within=WITHIN,
            plans=PLANS,
            data=data,
            errors=errors,
            labels=LABELS,
            most_extra=MOST_EXTRA,
            plainer=plainer if "text" in errors and plainer != data.get("text") else None,
            daily=runtime().settings.daily_messages,
        )


def _before(incident_id: UUID, data: dict[str, Any], wanted: dict[str, Any]) -> str:
    rt = runtime()
    with rt.db.read() as db:
        incident = incidents.visible_incident(db, actor(), str(incident_id))
        actor().require(Permission.CALLOUT_SEND, incident.facility_id)
        found = before.look(db, incident, before.terms(rt.settings), rt.clock.now(), **wanted)
        segments = sum(way.units for way in found.now if way.channel is Channel.SMS)
        return render_template(
            "activation/preview.html",
            **frame(db, incident, TITLE),
            before=found,
            data=data,
            fields=FIELDS,
            rows=_rows(found),
            cost=_cost(found),
            kinds=[(words, lasts(seconds)) for words, seconds in found.kinds],
            segments=segments,
            daily=daily(segments),
            in_words=before.in_words,
            sample_titles=KINDS,
            plain_helps=any(s.size and s.size.forced_by for one in found.looks for s in one.samples),
            plan=next(words for name, _, words in PLANS if name == wanted["chain"]),
        )


def _rows(found: Before) -> list[dict[str, Any]]:
    """By channel: what goes out at once, and what follows without an answer, with the time each takes."""
    at_once = {way.channel: way for way in found.now}
    later = {way.channel: way for way in found.later}
    return [
        {
            "thing": THINGS[channel],
            "now": at_once.get(channel),
            "takes": _takes(at_once.get(channel)),
            "later": later.get(channel),
            "later_takes": _takes(later.get(channel)),
        }
        for channel in Channel
        if channel in at_once or channel in later
    ]


def _takes(way: Any) -> str | None:
    if way is None:
        return None
    if way.seconds is None:
        return "cannot go out"
    return lasts(way.seconds) if way.seconds else "at once"


def _cost(found: Before) -> tuple[str | None, str | None]:
    currency = runtime().settings.prices.currency
    costs = (found.cost, found.most_cost)
    first, most = (None if one is None else money(one, currency) for one in costs)
    return first, most


def _positions(db: Session, incident: Incident) -> list[tuple[str, str, str]]:
    """Open positions that nobody holds and nobody is called for, with the length of their lists."""
    held = incidents.holders(db, incident.id)
    wanted = planning.wanted_already(db, incident.id)
    sizes = candidates.depths(db, incident.facility_id)
    free = [p for s, p in incidents.positions(db, incident.id).items() if s not in held and s not in wanted]
    free.sort(key=lambda p: (p.section, p.title))
    return [(p.slug, p.title, f"{sizes.get(p.slug, 0)} on the list") for p in free]


def _groups(db: Session, incident: Incident) -> list[tuple[str, str]]:
    skills = candidates.skills(db, incident.facility_id)
    departments = candidates.departments(db, incident.facility_id)
    by_skill = [(f"skill:{slug}", f"{candidates.readable(slug)} ({number})") for slug, number in skills]
    return by_skill + [
        (f"department:{name}", f"{name}, department ({number})") for name, number in departments
    ]
