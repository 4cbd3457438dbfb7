"""Polls: start one with two taps, see who has answered, ask again, close."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.incidents.queries import open_incidents
from app.polls import actions, queries
from app.polls.models import Poll
from app.polls.pages.frame import as_typed, form_of, labels_of, numbers_typed, pages
from app.polls.rules import PRESETS, Whom
from app.runtime import runtime, transact
from app.surge.metrics import METRICS
from app.web.forms import Errors, done, submitted, typed

EVERYWHERE = "-"
WHOM = ((Whom.UNITS, "The units' contacts"), (Whom.MANAGERS, "The bed managers, for all units"))
LABELS = {
    "facility": "Where",
    "preset": "What",
    "metrics": "Numbers",
    "minutes": "Minutes",
    "whom": "Who is asked",
}


@pages.route("/polls")
@requires(Permission.BOARD_VIEW)
def index() -> str:
    return _index()


@pages.route("/polls", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def start() -> Any:
    """A preset starts at once; `metrics`, `minutes` and `whom` make another."""

    def act() -> Any:
        code = typed("facility")
        with runtime().db.read() as db:
            place = None if code == EVERYWHERE else _by_code(db, code)
        wanted = _wanted()
        incident = typed("incident") or None
        started = transact(
            actions.start,
            actor(),
            facility_id=place.id if place else None,
            incident_id=incident,
            public_url=runtime().settings.public_url,
            **wanted,
        )
        found = started.poll
        said = "Everybody is being asked." if started.made else f"{found.started_by} was first: this is it."
        return done(said, url_for("polls.poll", poll_id=found.id))

    return submitted(act, _index)


@pages.route("/polls/<uuid:poll_id>")
@requires(Permission.BOARD_VIEW)
def poll(poll_id: UUID) -> str:
    return _poll(poll_id)


@pages.route("/polls/<uuid:poll_id>/chase", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def chase(poll_id: UUID) -> Any:
    def act() -> Any:
        people = transact(actions.chase, actor(), str(poll_id), public_url=runtime().settings.public_url)
        who = "person is" if people == 1 else "people are"
        return done(f"{people} {who} asked again.", url_for("polls.poll", poll_id=poll_id))

    return submitted(act, lambda errors: _poll(poll_id, errors))


@pages.route("/polls/<uuid:poll_id>/close", methods=["POST"])
@requires(Permission.CALLOUT_SEND)
def close(poll_id: UUID) -> Any:
    def act() -> Any:
        found = transact(actions.close, actor(), str(poll_id))
        return done(f"Closed. {found.result}", url_for("polls.poll", poll_id=poll_id))

    return submitted(act, lambda errors: _poll(poll_id, errors))


@pages.route("/polls/<uuid:poll_id>/units/<uuid:unit_id>")
@requires(Permission.READING_ENTER)
def by_hand(poll_id: UUID, unit_id: UUID) -> str:
    return _by_hand(poll_id, unit_id)


@pages.route("/polls/<uuid:poll_id>/units/<uuid:unit_id>", methods=["POST"])
@requires(Permission.READING_ENTER)
def answer_by_hand(poll_id: UUID, unit_id: UUID) -> Any:
    """Numbers that somebody was told."""

    def act() -> Any:
        with runtime().db.read() as db:
            found = queries.visible_poll(db, actor(), str(poll_id))
            row = _row(db, found, unit_id)
        numbers = numbers_typed(found, [row.unit])
        given = transact(actions.answer, actor(), found.id, numbers=numbers, how="hand")
        return done(
            f"{row.unit.name}: saved.",
            url_for("polls.poll", poll_id=poll_id),
            warning=" ".join(given.warnings),
        )

    return submitted(act, lambda errors: _by_hand(poll_id, unit_id, errors))


def _wanted() -> dict[str, Any]:
    slug = typed("preset")
    preset = next((each for each in PRESETS if each.slug == slug), None)
    if slug and preset is None:
        raise Invalid.field("preset", f"must be one of {', '.join(each.slug for each in PRESETS)}")
    whom = typed("whom", Whom.UNITS.value) or Whom.UNITS.value
    if whom not in list(Whom):
        raise Invalid.field("whom", f"must be one of {', '.join(Whom)}")
    if preset is not None:
        return {
            "title": preset.title,
            "metrics": preset.metrics,
            "minutes": preset.minutes,
            "chase": preset.chase,
            "whom": Whom(whom),
        }

    minutes = typed("minutes")
    if not minutes.isdecimal() or len(minutes) > 4:
        raise Invalid.field("minutes", "must be a whole number of minutes")
    return {
        "title": "",
        "metrics": request.form.getlist("metrics"),
        "minutes": int(minutes),
        "whom": Whom(whom),
    }


def _index(errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        may = [f for f in facilities(db) if actor().may(Permission.CALLOUT_SEND, f.id)]
        everywhere = len(may) > 1 and len(may) == len(facilities(db))
        found = queries.polls(db, actor())
        now = runtime().clock.now()

        return render_template(
            "polls/index.html",
            places=may,
            everywhere=EVERYWHERE if everywhere else "",
            where=[(f.code, f.name) for f in may] + ([(EVERYWHERE, "All hospitals")] if everywhere else []),
            presets=PRESETS,
            whom=[(w.value, words) for w, words in WHOM],
            metrics=[(slug, metric.label) for slug, metric in METRICS.items()],
            incidents={f.id: open_incidents(db, f.id) for f in may},
            contactless=_contactless(db, may),
            polls=[(each, _told(db, each, now)) for each in found],
            names={f.id: f.name for f in facilities(db)},
            data={
                "facility": typed("facility"),
                "minutes": typed("minutes") or 20,
                "whom": typed("whom") or Whom.UNITS.value,
                "metrics": request.form.getlist("metrics"),
            },
            labels=LABELS,
            errors=errors or {},
        )


def _told(db: Session, found: Poll, now: Any) -> str:
    if found.closed_at is not None:
        return found.result
    rows = queries.rows(db, found, now, actor())
    return queries.told_so_far(rows, found.facility_id is None, most=3)


def _contactless(db: Session, places: list[Facility]) -> list[str]:
    """Hospitals in which nobody would be asked for some unit."""
    managed = queries.managers(db, [place.id for place in places])
    return [place.name for place in places if place.id not in managed]


def _poll(poll_id: UUID, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        found = queries.visible_poll(db, actor(), str(poll_id))
        rows = queries.rows(db, found, now, actor())
        place = db.get(Facility, found.facility_id) if found.facility_id else None
        if place is not None:
            g.zone = place.zone
        several = found.facility_id is None
        return render_template(
            "polls/poll.html",
            poll=found,
            rows=rows,
            hospital=place,
            several=several,
            told=found.result or queries.told_so_far(rows, several),
            metrics=[(slug, METRICS[slug]) for slug in found.asks_for],
            late=now > found.due_at,
            answered=sum(row.ask.state == "answered" for row in rows),
            errors=errors or {},
        )


def _by_hand(poll_id: UUID, unit_id: UUID, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        found = queries.visible_poll(db, actor(), str(poll_id))
        row = _row(db, found, unit_id)
        g.zone = row.facility.zone
        units = form_of(found, [row.unit], {row.unit.id: row.numbers})
        return render_template(
            "polls/by_hand.html",
            poll=found,
            row=row,
            metrics=[METRICS[metric] for metric in row.numbers],
            units=units,
            data=as_typed(units),
            labels=labels_of(units),
            errors=errors or {},
        )


def _row(db: Session, found: Poll, unit_id: UUID) -> queries.Row:
    rows = queries.rows(db, found, runtime().clock.now())
    row = next((each for each in rows if each.unit.id == str(unit_id)), None)
    if row is None:
        raise NotFound("This unit is not in that poll.")
    if not actor().may(Permission.READING_ENTER, row.facility.id):
        raise Forbidden("Numbers of this hospital are for those who enter readings there.")
    return row


def _by_code(db: Session, code: str) -> Facility:
    known = {f.code: f for f in facilities(db)}
    if code not in known:
        raise Invalid.field("facility", f"must be one of {', '.join(known)}")
    return known[code]
