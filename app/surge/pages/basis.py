"""What a hospital's numbers rest on: how it counts, its nurse ratios, and waivers of these."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities import actions
from app.facilities.counting import QUESTIONS
from app.facilities.models import RatioChoice, RatioWaiver
from app.facilities.queries import counting_answers, facility, ratio_set, waivers
from app.facilities.ratios import sets
from app.facilities.unit_classes import CLASS_WORDS, UNIT_CLASSES
from app.runtime import runtime, transact
from app.surge.pages.beds import whole
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import Errors, done, local_time, submitted, typed

LABELS = {slug: question.label for slug, question in QUESTIONS.items()} | {
    "since": "Since",
    "reason": "Reason",
    "ratio_set": "Set of ratios",
    "unit_class": "Kind of unit",
    "patients_per_nurse": "Patients for one nurse",
    "ends_at": "Until",
}


@pages.route("/capacity/<code>/basis")
@requires(Permission.BOARD_VIEW)
def basis(code: str) -> str:
    return _page(code)


@pages.route("/capacity/<code>/basis/counting", methods=["POST"])
@requires(Permission.FACILITY_EDIT)
def say_counting(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            place = hospital(db, code)
        transact(
            actions.say_counting,
            actor(),
            place.id,
            answers={slug: typed(slug) for slug in QUESTIONS if typed(slug)},
            since=local_time("since", place.zone),
            reason=typed("reason"),
        )
        return done("How the hospital counts is kept.", url_for("surge.basis", code=code))

    return submitted(act, lambda errors: _page(code, errors, "counting"))


@pages.route("/capacity/<code>/basis/ratios", methods=["POST"])
@requires(Permission.FACILITY_EDIT)
def choose_ratios(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility_id = hospital(db, code).id
        chosen = {"ratio_set": typed("ratio_set"), "reason": typed("reason")}
        transact(actions.choose_ratios, actor(), facility_id, **chosen)
        return done("The set of ratios is chosen.", url_for("surge.basis", code=code))

    return submitted(act, lambda errors: _page(code, errors, "ratios"))


@pages.route("/capacity/<code>/basis/waivers", methods=["POST"])
@requires(Permission.FACILITY_EDIT)
def waive_ratios(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            place = hospital(db, code)
        ends_at = local_time("ends_at", place.zone)
        if ends_at is None:
            raise Invalid.field("ends_at", "must not be empty: a waiver has an end")
        made = transact(
            actions.waive_ratios,
            actor(),
            place.id,
            unit_class=typed("unit_class"),
            patients_per_nurse=whole("patients_per_nurse"),
            ends_at=ends_at,
            reason=typed("reason"),
        )
        return done(f"Waived: {CLASS_WORDS[made.unit_class]}.", url_for("surge.basis", code=code))

    return submitted(act, lambda errors: _page(code, errors, "waiver"))


@pages.route("/capacity/waivers/<uuid:waiver_id>/end", methods=["POST"])
@requires(Permission.FACILITY_EDIT)
def end_waiver(waiver_id: UUID) -> Any:
    with runtime().db.read() as db:
        found = db.get(RatioWaiver, str(waiver_id))
        if found is None:
            raise NotFound("There is no such waiver.")
        code = facility(db, found.facility_id).code

    def act() -> Any:
        transact(actions.end_waiver, actor(), str(waiver_id), reason=typed("reason"))
        return done("The waiver is taken back.", url_for("surge.basis", code=code))

    return submitted(act, lambda errors: _page(code, errors, f"end-{waiver_id}"))


def _page(code: str, errors: Errors | None = None, form: str = "") -> str:
    """`form`: the one that was posted and is shown again with what was typed."""
    now = runtime().clock.now()
    with runtime().db.read() as db:
        place = hospital(db, code)
        known = {each.question: each for each in counting_answers(db, place.id)}
        held = {slug: each.answer for slug, each in known.items()}
        choice = db.get(RatioChoice, place.id)
        shown: dict[str, Any] = {
            "counting": held,
            "ratios": {"ratio_set": choice.ratio_set if choice else ""},
        }
        return render_template(
            "surge/basis.html",
            **frame(db, place, "How we count"),
            questions=QUESTIONS.values(),
            known=known,
            choice=choice,
            chosen=ratio_set(db, place.id, now),
            sets=[("", "None: each unit by its own")] + [(slug, each.title) for slug, each in sets().items()],
            waivers=waivers(db, [place.id], now),
            classes=[(name, CLASS_WORDS[name]) for name in UNIT_CLASSES],
            words=CLASS_WORDS,
            data=shown | ({form: request.form} if form else {}),
            errors={form: errors or {}},
            labels=LABELS,
        )
