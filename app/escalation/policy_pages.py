"""A hospital's policies: what happens when nobody answers, step by step, and what that would look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import abort, g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.escalation import actions, planner, queries, targets, wording
from app.escalation.frame import pages, whole
from app.escalation.kinds import KINDS
from app.escalation.steps import (
    CHANNELS,
    DOES,
    LEVELS,
    MOST_ROUNDS,
    MOST_STEPS,
    OUTSIDE,
    UNTIL_ENDED,
    Policy,
    Step,
    checked,
)
from app.escalation.windows import Window, clock, minute_of
from app.facilities.models import Facility
from app.facilities.queries import facilities, facility
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

Known = Mapping[str, Mapping[str, str]]
TEXTS = ("wait", "do", "to", "needs", "begins", "ends", "outside", "only", "from_level")
FIELDS = {
    "wait": "minutes",
    "do": "what is done",
    "to": "who is meant",
    "channels": "how",
    "needs": "how many must see to it",
    "begins": "from",
    "ends": "to",
    "outside": "outside these hours",
    "only": "real or exercise",
    "from_level": "from which activation",
}
SHOWN = 14


@pages.route("/engine/policies")
@requires(Permission.POLICY_EDIT)
def policies() -> str:
    with runtime().db.read() as db:
        mine = [f for f in facilities(db) if actor().may(Permission.POLICY_EDIT, f.id)]
        titles = {value: said for said, value in targets.targets(db, "").get("position", {}).items()}
        rows = [
            (place, kind, queries.policy_for(db, place.id, kind.name))
            for place in mine
            for kind in KINDS.values()
        ]
        return render_template(
            "escalation/policies.html", rows=rows, says=lambda step: wording.says(step, titles)
        )


@pages.route("/engine/policies/<uuid:facility_id>/<kind>")
@requires(Permission.POLICY_EDIT)
def policy(facility_id: UUID, kind: str) -> str:
    return _policy_page(facility_id, kind)


@pages.route("/engine/policies/<uuid:facility_id>/<kind>", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def set_policy(facility_id: UUID, kind: str) -> Any:
    """`act` says what is done with the steps in the form: save, show, add, up-2, down-2, remove-2."""
    act_on = typed("act") or "save"
    if kind not in KINDS:
        abort(404)

    def act() -> Any:
        if act_on not in ("save", "show"):
            return _policy_page(facility_id, kind, _moved(_form(), act_on))
        with runtime().db.read() as db:
            actor().require(Permission.POLICY_EDIT, facility(db, str(facility_id)).id)
            wanted = _read(_form(), targets.targets(db, str(facility_id)))
        if act_on == "show":
            checked(**wanted, allowed=KINDS[kind].allowed)
            return _policy_page(facility_id, kind, _form())
        transact(actions.set_policy, actor(), str(facility_id), kind, **wanted)
        return done("Saved. Incidents declared from now on follow it.", url_for("escalation.policies"))

    return submitted(act, lambda errors: _policy_page(facility_id, kind, _form(), errors))


def _form() -> dict[str, Any]:
    """What was typed: the fields of each step under its number, from 1, and those of the whole."""
    data: dict[str, Any] = {name: typed(name) for name in ("rounds", "hold_minutes", "bundled")}
    data["hold_minutes"] = data["hold_minutes"] or "30"
    data["rows"] = sum(f"do_{n}" in request.form for n in range(1, MOST_STEPS + 1))
    for n in range(1, data["rows"] + 1):
        data |= {f"{name}_{n}": typed(f"{name}_{n}") for name in TEXTS}
        data[f"channels_{n}"] = request.form.getlist(f"channels_{n}")
        data[f"asks_{n}"] = typed(f"asks_{n}")
    return data


def _moved(data: dict[str, Any], act: str) -> dict[str, Any]:
    """The same with a step more, gone, or in another place."""
    what, _, number = act.partition("-")
    rows = [_row(data, n) for n in range(1, data["rows"] + 1)]
    at = int(number) - 1 if number.isdecimal() and 0 < int(number[:3]) <= len(rows) else None
    if what == "add" and len(rows) < MOST_STEPS:
        rows.append(_typed_step(Step(5, "tell_supervisor"), {}))
    elif at is not None and what == "remove":
        del rows[at]
    elif at is not None and what in ("up", "down"):
        to = min(max(at + (1 if what == "down" else -1), 0), len(rows) - 1)
        rows[at], rows[to] = rows[to], rows[at]
    kept = {name: data[name] for name in ("rounds", "hold_minutes", "bundled")}
    return kept | _numbered(rows)


def _row(data: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {name: data.get(f"{name}_{number}", "") for name in (*TEXTS, "channels", "asks")}


def _numbered(rows: list[dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {"rows": len(rows)}
    for number, row in enumerate(rows, 1):
        data |= {f"{name}_{number}": value for name, value in row.items()}
    return data


def _read(data: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The arguments of `set_policy`. Raises Invalid naming the field."""
    return {
        "steps": [_step(_row(data, n), n, known) for n in range(1, data["rows"] + 1)],
        "rounds": whole("rounds", data["rounds"]),
        "hold_minutes": whole("hold_minutes", data["hold_minutes"]),
        "bundled": bool(data["bundled"]),
    }


def _step(row: Mapping[str, Any], n: int, known: Known) -> Step:
    step = Step(whole(f"wait_{n}", row["wait"]), row["do"])
    if not step.tells:
        return step
    window = None
    if row["begins"] or row["ends"]:
        window = Window(minute_of(f"begins_{n}", row["begins"]), minute_of(f"ends_{n}", row["ends"]))
    return replace(
        step,
        to=targets.meant(known, n, row["do"], row["to"]),
        channels=tuple(c for c in CHANNELS if c in row["channels"]),
        asks=bool(row["asks"]),
        needs=whole(f"needs_{n}", row["needs"] or "1"),
        window=window,
        outside=row["outside"] or OUTSIDE[0],
        only=row["only"],
        from_level=row["from_level"],
    )


def _typed(stored: Policy, known: Known) -> dict[str, Any]:
    whole_policy = {
        "rounds": stored.rounds,
        "hold_minutes": stored.hold_minutes,
        "bundled": "1" if stored.bundled else "",
    }
    return whole_policy | _numbered([_typed_step(step, known) for step in stored.steps])


def _typed_step(step: Step, known: Known) -> dict[str, Any]:
    return {
        "wait": str(step.wait_minutes),
        "do": step.do,
        "to": targets.words(known, step),
        "needs": str(step.needs),
        "begins": clock(step.window.begins) if step.window else "",
        "ends": clock(step.window.ends) if step.window else "",
        "outside": step.outside,
        "only": step.only,
        "from_level": step.from_level,
        "channels": list(step.channels),
        "asks": "1" if step.asks else "",
    }


def _policy_page(
    facility_id: UUID, kind: str, data: dict[str, Any] | None = None, errors: Errors | None = None
) -> str:
    if kind not in KINDS:
        abort(404)
    with runtime().db.read() as db:
        place = facility(db, str(facility_id))
        actor().require(Permission.POLICY_EDIT, place.id)
        g.zone = place.zone
        known = targets.targets(db, place.id)
        shown = data or _typed(queries.policy_for(db, place.id, kind), known)
        rows = shown["rows"]
        return render_template(
            "escalation/policy.html",
            place=place.name,
            facility=place,
            kind=KINDS[kind],
            choices=[(do, DOES[do]) for do in KINDS[kind].allowed],
            known=known,
            data=shown,
            errors=errors or {},
            rows=range(1, rows + 1),
            most_steps=MOST_STEPS,
            rounds=_rounds(),
            levels=[(level, level) for level in LEVELS],
            course=_course(db, place, kind, shown, known),
            labels=_labels(rows),
            breadcrumb=_breadcrumb(place, KINDS[kind].label),
        )


def _rounds() -> list[tuple[int, str]]:
    times = [(n, "once" if n == 1 else f"{n} times at most") for n in range(1, MOST_ROUNDS + 1)]
    return [*times, (UNTIL_ENDED, "until it is over, each round waiting longer")]


def _labels(rows: int) -> dict[str, str]:
    labels = {"rounds": "Rounds", "hold_minutes": "Minutes for whoever sees to it", "steps": "Steps"}
    return labels | {
        f"{n}_{i}": f"Step {i}, {says}" for n, says in FIELDS.items() for i in range(1, rows + 1)
    }


def _course(
    db: Session, place: Facility, kind: str, data: Mapping[str, Any], known: Known
) -> list[tuple[planner.Due, str]] | None:
    """What would happen from now on, by the planner itself; None while the steps cannot be."""
    try:
        wanted = _read(data, known) if isinstance(data["rounds"], str) else None
        policy = (
            checked(**wanted, allowed=KINDS[kind].allowed)
            if wanted is not None
            else queries.policy_for(db, place.id, kind)
        )
    except Invalid:
        return None
    titles = {value: said for each in known.values() for said, value in each.items()}
    now = runtime().clock.now()
    course = planner.course(policy, now, planner.Setting(place.zone), SHOWN)
    return [(due, wording.says(policy.steps[due.step], titles)) for due in course]


def _breadcrumb(place: Facility, label: str) -> list[dict[str, str]]:
    return [
        {"label": "Engine", "url": url_for("watchdog.engine")},
        {"label": "Policies", "url": url_for("escalation.policies")},
        {"label": f"{label}, {place.code}"},
    ]
