"""The house's own census list beside the running census: give one, see what differs, accept or leave it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.census import actions, feed_queries
from app.census.listing import LARGEST, read_list
from app.census.pages.frame import hospital_of, pages
from app.census.receive import context_of
from app.census.reconciling import Difference, hint
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.runtime import runtime, transact
from app.web.forms import Errors, done, local_time, submitted, typed

LABELS = {"list": "File", "taken_at": "When it was taken", "reason": "Reason"}
WORDS = {
    Difference.OURS: ("Counted here, not on the list", "A discharge was missed: the visit ends."),
    Difference.THEIRS: ("On the list, not counted here", "An admission was missed: the patient is counted."),
    Difference.ELSEWHERE: (
        "In another place",
        "A transfer was missed: the patient is counted where the list says.",
    ),
}


@pages.route("/census/<string:code>/lists")
@requires(Permission.BOARD_VIEW)
def lists(code: str) -> str:
    return _lists(code)


@pages.route("/census/<string:code>/lists", methods=["POST"])
@requires(Permission.READING_ENTER)
def give_list(code: str) -> Any:
    def act() -> Any:
        rt = runtime()
        with rt.db.read() as db:
            place = hospital_of(db, code, Permission.READING_ENTER)
        taken_at = local_time("taken_at", place.zone) or rt.clock.now()
        file = request.files.get("list")
        if file is None or not file.filename:
            raise Invalid.field("list", "choose a file")
        given = read_list(file.read(LARGEST + 1), context_of(rt, place))
        row = transact(actions.take_list, actor(), place.id, given=given, taken_at=taken_at)
        said = f"{row.same} of {row.patients} patients on the list agree."
        return done(said, url_for("census.one_list", code=code, list_id=row.id))

    return submitted(act, lambda errors: _lists(code, errors))


@pages.route("/census/<string:code>/lists/<uuid:list_id>")
@requires(Permission.BOARD_VIEW)
def one_list(code: str, list_id: UUID) -> str:
    return _list(code, list_id)


@pages.route("/census/<string:code>/lists/<uuid:list_id>", methods=["POST"])
@requires(Permission.READING_ENTER)
def settle_list(code: str, list_id: UUID) -> Any:
    """`accept` names visits; `do` is accept or leave."""

    def act() -> Any:
        with runtime().db.read() as db:
            _of(db, hospital_of(db, code, Permission.READING_ENTER), list_id)
        accept = request.form.getlist("accept") if typed("do") == "accept" else []
        if typed("do") == "accept" and not accept:
            raise Invalid.field("accept", "mark what is to be accepted, or leave the census as it is")
        transact(actions.settle_list, actor(), str(list_id), accept=set(accept), reason=typed("reason"))
        said = f"{len(accept)} accepted." if accept else "The census stays as it is."
        return done(said, url_for("census.hospital", code=code))

    return submitted(act, lambda errors: _list(code, list_id, errors))


def _lists(code: str, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        place = hospital_of(db, code, Permission.BOARD_VIEW)
        setting = feed_queries.setting(db, place.id)
        silent, silent_total = feed_queries.silent(db, place.id, now, setting.silent_days)
        return render_template(
            "census/lists.html",
            facility=place,
            setting=setting,
            rows=feed_queries.lists(db, place.id),
            silent=silent,
            silent_total=silent_total,
            data={"taken_at": typed("taken_at")},
            labels=LABELS,
            errors=errors or {},
        )


def _list(code: str, list_id: UUID, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        place = hospital_of(db, code, Permission.BOARD_VIEW)
        row = _of(db, place, list_id)
        differences = feed_queries.differences(db, row.id)
        return render_template(
            "census/list.html",
            facility=place,
            row=row,
            groups=[
                (kind, *words, [d for d in differences if d.kind is kind]) for kind, words in WORDS.items()
            ],
            differences=differences,
            hint=hint(row.patients, row.same),
            chosen=set(request.form.getlist("accept")) if errors else {d.visit for d in differences},
            data={"reason": typed("reason")},
            labels=LABELS,
            errors=errors or {},
        )


def _of(db: Session, place: Facility, list_id: UUID) -> Any:
    row = feed_queries.census_list(db, str(list_id))
    if row.facility_id != place.id:
        raise NotFound("There is no such census list.")
    return row
