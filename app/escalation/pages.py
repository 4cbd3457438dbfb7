"""How the engine does: what waits for what, and whether anything is silent. And the policies it follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, abort, g, render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.escalation import actions, queries
from app.escalation.deadlines import COME_BACK
from app.escalation.kinds import KINDS
from app.escalation.planner import DOES, MOST_ROUNDS, MOST_STEPS, Policy, Step
from app.facilities.models import Facility
from app.facilities.queries import facilities, facility
from app.health.models import EngineBeat
from app.messaging.queries import queue
from app.messaging.states import IntentState
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

pages = Blueprint("escalation", __name__)

SHOWN = 50
SPARE = 3
SILENT_SECONDS = 30
"""A part that has said nothing for so long is taken to be dead."""


@pages.route("/engine")
@requires(Permission.SYSTEM_VIEW, keeps_awake=False)
def engine() -> str:
    rt = runtime()
    now = rt.clock.now()
    with rt.db.read() as db:
        waiting = queries.waiting(db, SHOWN)
        beats = db.scalars(sa.select(EngineBeat).order_by(EngineBeat.part, EngineBeat.process)).all()
        texts = queue(db, now)
        return render_template(
            "escalation/engine.html",
            loads=queries.loads(db, now),
            waiting=[
                (deadline, incident, KINDS[deadline.kind].about(db, deadline.subject_id).title)
                for deadline, incident in waiting
            ],
            beats=beats,
            silent_seconds=SILENT_SECONDS,
            texts=texts,
            states=[(state.value, texts.by_state.get(state, 0)) for state in IntentState],
            does=dict(DOES) | {COME_BACK: "it comes back"},
        )


@pages.route("/engine/policies")
@requires(Permission.POLICY_EDIT)
def policies() -> str:
    with runtime().db.read() as db:
        mine = [f for f in facilities(db) if actor().may(Permission.POLICY_EDIT, f.id)]
        rows = [
            (place, kind, queries.policy_for(db, place.id, kind.name))
            for place in mine
            for kind in KINDS.values()
        ]
        return render_template("escalation/policies.html", rows=rows, does=DOES)


@pages.route("/engine/policies/<uuid:facility_id>/<kind>")
@requires(Permission.POLICY_EDIT)
def policy(facility_id: UUID, kind: str) -> str:
    return _policy_page(facility_id, kind)


@pages.route("/engine/policies/<uuid:facility_id>/<kind>", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def set_policy(facility_id: UUID, kind: str) -> Any:
    def act() -> Any:
        place = str(facility_id)
        steps, rounds = _steps(), _whole("rounds", typed("rounds"))
        transact(actions.set_policy, actor(), place, kind, steps=steps, rounds=rounds)
        return done("Saved. Incidents declared from now on follow it.", url_for("escalation.policies"))

    return submitted(act, lambda errors: _policy_page(facility_id, kind, dict(request.form), errors))


def _steps() -> list[Step]:
    """Rows that say "no step" are left out, wherever they stand."""
    rows = [(number, typed(f"do_{number}")) for number in range(1, MOST_STEPS + 1)]
    return [Step(_whole(f"wait_{number}", typed(f"wait_{number}")), do) for number, do in rows if do]


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise Invalid.field(name, "must be a whole number")
    return int(text)


def _policy_page(
    facility_id: UUID, kind: str, data: dict[str, Any] | None = None, errors: Errors | None = None
) -> str:
    if kind not in KINDS:
        abort(404)
    with runtime().db.read() as db:
        place = facility(db, str(facility_id))
        actor().require(Permission.POLICY_EDIT, place.id)
        g.zone = place.zone
        shown = data or _typed(queries.policy_for(db, place.id, kind))
        return render_template(
            "escalation/policy.html",
            place=place.name,
            facility=place,
            kind=KINDS[kind],
            choices=[(do, DOES[do]) for do in KINDS[kind].allowed],
            data=shown,
            errors=errors or {},
            rows=range(1, min(MOST_STEPS, _used(shown) + SPARE) + 1),
            most_rounds=MOST_ROUNDS,
            labels={"rounds": "Rounds"}
            | {f"wait_{n}": f"Step {n}, minutes" for n in range(1, MOST_STEPS + 1)}
            | {f"do_{n}": f"Step {n}" for n in range(1, MOST_STEPS + 1)},
            breadcrumb=_breadcrumb(place, KINDS[kind].label),
        )


def _typed(stored: Policy) -> dict[str, Any]:
    data: dict[str, Any] = {"rounds": stored.rounds}
    for number, step in enumerate(stored.steps, 1):
        data |= {f"wait_{number}": step.wait_minutes, f"do_{number}": step.do}
    return data


def _used(data: dict[str, Any]) -> int:
    """The number of the last row that says something."""
    return max((n for n in range(1, MOST_STEPS + 1) if data.get(f"do_{n}")), default=0)


def _breadcrumb(place: Facility, label: str) -> list[dict[str, str]]:
    return [
        {"label": "Engine", "url": url_for("escalation.engine")},
        {"label": "Policies", "url": url_for("escalation.policies")},
        {"label": f"{label}, {place.code}"},
    ]
