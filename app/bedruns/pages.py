"""Immediate bed availability: a hospital's runs, the start of one, and the guided run that several people count in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.bedruns import actions, queries, rules, wording
from app.bedruns.drawing import drawn
from app.bedruns.looks import Look
from app.bedruns.models import BedRun, RunState
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.queries import facility as facility_by_id
from app.incidents.models import Incident
from app.incidents.models import stream_of as incident_stream
from app.incidents.queries import open_incidents
from app.journal import head_seq
from app.runtime import runtime, transact
from app.surge.pages.frame import frame, hospital
from app.web.forms import Errors, done, submitted, typed

pages = Blueprint("bedruns", __name__)

LATELY = 10
LABELS = {
    "reason": "Reason",
    "exercise": "Real or exercise",
    "units": "Units",
    "percent": "Percent of staffed beds",
    "incident_id": "Incident",
    "change": "How many",
}
REAL, EXERCISE = "real", "exercise"


@pages.route("/capacity/<code>/bedruns")
@requires(Permission.BOARD_VIEW)
def index(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        runs = [(run, queries.shown(db, run, now)) for run in queries.lately(db, facility.id)]
        return render_template(
            "bedruns/index.html",
            **frame(db, facility, "Bed runs"),
            open=[pair for pair in runs if pair[0].state is RunState.OPEN],
            ended=[pair for pair in runs if pair[0].state is not RunState.OPEN],
            said=wording.STATES,
            source=rules.SOURCE,
        )


@pages.route("/capacity/<code>/bedruns/new")
@requires(Permission.SURGE_CONFIRM)
def new(code: str) -> str:
    return _new_page(code)


@pages.route("/capacity/<code>/bedruns/new", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def start(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility_id = hospital(db, code).id
        if typed("exercise") not in (REAL, EXERCISE):
            raise Invalid.field("exercise", "choose real or exercise")
        percent = typed("percent", str(rules.PERCENT))
        if not percent.isdecimal() or len(percent) > 3:
            raise Invalid.field("percent", "must be a whole number from 1 to 100")
        run = transact(
            actions.start,
            actor(),
            facility_id,
            reason=typed("reason"),
            exercise=typed("exercise") == EXERCISE,
            units=request.form.getlist("units"),
            percent=int(percent),
            incident_id=typed("incident_id") or None,
        )
        return done(f"The four hours have begun: {run.target} beds.", url_for("bedruns.show", run_id=run.id))

    return submitted(act, lambda errors: _new_page(code, errors))


@pages.route("/bedruns/<uuid:run_id>")
@requires(Permission.BOARD_VIEW)
def show(run_id: UUID) -> str:
    return _page(run_id)


@pages.route("/bedruns/<uuid:run_id>/counts", methods=["POST"])
@requires(Permission.READING_ENTER)
def count(run_id: UUID) -> Any:
    """`press` is a kind (or -) and how many, as one button says it; else both stand in fields."""

    def act() -> Any:
        kind, change = _pressed()
        made = transact(
            actions.count,
            actor(),
            str(run_id),
            unit=typed("unit"),
            step=typed("step"),
            kind=kind,
            change=change,
        )
        return done(wording.counted(made.step, made.kind, made.change, _name(made)), _here(run_id))

    return submitted(act, lambda errors: _page(run_id, errors))


@pages.route("/bedruns/<uuid:run_id>/counts/<uuid:count_id>/undo", methods=["POST"])
@requires(Permission.READING_ENTER)
def undo(run_id: UUID, count_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.undo, actor(), str(run_id), str(count_id))
        return done("Taken back.", _here(run_id))

    return submitted(act, lambda errors: _page(run_id, errors))


@pages.route("/bedruns/<uuid:run_id>/end", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def end(run_id: UUID) -> Any:
    def act() -> Any:
        reached = typed("how") == "reached"
        run = transact(actions.end, actor(), str(run_id), reached=reached, reason=typed("reason"))
        words = wording.STATES[run.state.value]
        return done(f"Bed run ended: {words}, {run.counted} of {run.target}.", _here(run_id))

    return submitted(act, lambda errors: _page(run_id, errors))


def _pressed() -> tuple[str, int]:
    kind, _, number = typed("press").rpartition(" ")
    if not number:
        kind, number = typed("kind"), typed("change")
    sign, digits = (-1, number[1:]) if number.startswith("-") else (1, number)
    if not digits.isdecimal() or len(digits) > 3:
        raise Invalid.field("change", "must be a whole number, such as 3")
    return ("" if kind == "-" else kind), sign * int(digits)


def _name(made: Any) -> str:
    with runtime().db.read() as db:
        return next(each.name for each in queries.units(db, made.run_id) if each.unit_id == made.unit_id)


def _here(run_id: UUID) -> str:
    """Back to the step and, if one was chosen, the unit."""
    return url_for(
        "bedruns.show", run_id=run_id, step=typed("step") or None, unit=request.args.get("unit") or None
    )


def _new_page(code: str, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        beds = queries.beds(db, facility.id, now)
        return render_template(
            "bedruns/new.html",
            **frame(db, facility, "Free beds now"),
            beds=beds,
            troubled=[each for each in beds if each.trouble and each.wanted],
            incidents=[
                (each.id, f"{each.number}, {each.name}{' (exercise)' if each.exercise else ''}")
                for each in open_incidents(db, facility.id)
            ],
            running=queries.open_run(db, facility.id),
            data=_data(db, beds),
            errors=errors or {},
            labels=LABELS,
            source=rules.SOURCE,
        )


def _data(db: Session, beds: list[queries.Beds]) -> dict[str, Any]:
    if request.form:
        return {**request.form.to_dict(), "units": request.form.getlist("units")}
    incident = db.get(Incident, request.args.get("incident", ""))
    return {
        "exercise": "" if incident is None else EXERCISE if incident.exercise else REAL,
        "units": [each.unit.code for each in beds if each.wanted],
        "percent": rules.PERCENT,
        "incident_id": incident.id if incident else "",
    }


def _page(run_id: UUID, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        run = queries.run(db, str(run_id))
        actor().require(Permission.BOARD_VIEW, run.facility_id)
        facility = facility_by_id(db, run.facility_id)
        found = queries.shown(db, run, now)
        context = {**frame(db, facility, "Bed run"), **_incident(db, run)}
        lately = _lately(db, run)
    g.zone = facility.zone
    step = request.values.get("step", "")
    step = step if step in rules.STEPS else rules.IDENTIFIED
    only = request.args.get("unit", "")
    return render_template(
        "bedruns/show.html",
        **context,
        **_guide(found, step, only),
        run=run,
        one=found,
        drawn=drawn(found),
        lately=lately,
        exercise=run.exercise,
        errors=errors or {},
        labels=LABELS,
        data=request.form,
    )


def _guide(found: Look, step: str, only: str) -> dict[str, Any]:
    """The step stays as it is in the address: what one presses must not change under the finger."""
    tabs = [
        {
            "label": f"{number}. {wording.STEPS[each]}",
            "url": url_for("bedruns.show", run_id=found.run.id, step=each, unit=only or None),
            "current": each == step,
            "count": found.of(each),
        }
        for number, each in enumerate(rules.STEPS, start=1)
    ]
    return {
        "step": step,
        "only": only if any(only == each.unit.code for each in found.units) else "",
        "unit_choices": [(each.unit.code, each.unit.name) for each in found.units],
        "tabs_of_steps": tabs,
        "wanted": None if found.next_step == step else tabs[rules.STEPS.index(found.next_step)],
        "guide_title": wording.STEPS[step],
        "kinds": [
            (kind, wording.KINDS.get(kind, wording.DONE[step].capitalize())) for kind in rules.KINDS[step]
        ],
        "guide": wording.GUIDE[step],
        "kelen": wording.KELEN if step == rules.IDENTIFIED else "",
        "steps": [(each, wording.DONE[each]) for each in rules.STEPS],
        "said": wording.STATES[found.run.state],
        "source": rules.SOURCE,
    }


def _incident(db: Session, run: BedRun) -> dict[str, Any]:
    """The page follows the incident's board where there is one."""
    if run.incident_id is None:
        return {"incident": None, "seq": 0}
    incident = db.get_one(Incident, run.incident_id)
    return {"incident": incident, "seq": head_seq(db, incident_stream(incident.id))}


def _lately(db: Session, run: BedRun) -> list[dict[str, Any]]:
    """The last counts, the newest first, and which of them can be taken back."""
    rows = queries.rows(db, run.id)
    gone = {row.undoes for row in rows if row.undoes}
    names = {each.unit_id: each.name for each in queries.units(db, run.id)}
    return [
        {
            "id": row.id,
            "at": row.at,
            "by": row.by,
            "text": wording.counted(row.step, row.kind, row.change, names[row.unit_id], row.undoes or ""),
            "step": row.step,
            "gone": row.id in gone,
            "undoable": row.id not in gone and row.undoes is None,
        }
        for row in rows[::-1][:LATELY]
    ]
