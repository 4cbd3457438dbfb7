"""A bed run from its start to its end. A person starts it; its beds are frozen as they are at that moment."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from app.bedruns import events, queries, rules
from app.bedruns.actions.record import take, tell
from app.bedruns.looks import Look
from app.bedruns.models import BedRun, BedRunUnit, RunState
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.incidents.models import Incident, IncidentState
from app.incidents.rules import optional_text, required_text
from app.surge.actions.hospitals import take as take_hospitals
from app.web.filters import stamp

MADE_WAY = "A real run was started."


def start(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    reason: str,
    exercise: bool,
    units: Collection[str] | None = None,
    percent: int = rules.PERCENT,
    incident_id: str | None = None,
) -> BedRun:
    """Freeze the staffed beds of these units (codes; None: every unit with beds to stay in) and start the clock.

    A real run ends an exercise that is under way. Raises Conflict when another run is open, Invalid while
    staffed beds are not known or too old.
    """
    _require_person(actor, facility_id)
    get_facility(uow.session, facility_id)
    reason = required_text("reason", reason, 2000)
    if not 1 <= percent <= 100:
        raise Invalid.field("percent", "must be a whole number from 1 to 100")
    take_hospitals(uow, [facility_id])
    _check_incident(uow, facility_id, incident_id, exercise=exercise)
    _make_way(uow, actor, facility_id, exercise=exercise)
    chosen = _known(_chosen(queries.beds(uow.session, facility_id, uow.now), units))
    staffed = sum(each.staffed.value for each in chosen if each.staffed)
    if not staffed:
        raise Invalid.field("units", "choose units that have staffed beds; these have none")
    run = BedRun(
        id=uow.new_id(),
        facility_id=facility_id,
        incident_id=incident_id,
        exercise=exercise,
        reason=reason,
        percent=percent,
        staffed_beds=staffed,
        target=rules.target(staffed, percent),
        started_at=uow.now,
        started_by=actor.name,
        deadline_at=uow.now + rules.HOURS,
        state=RunState.OPEN,
    )
    uow.session.add(run)
    uow.session.flush()
    frozen = [_freeze(run, each) for each in chosen]
    uow.session.add_all(frozen)
    uow.session.flush()
    tell(uow, actor, run, started_event(run, frozen))
    return run


def end(uow: UnitOfWork, actor: Actor, run_id: str, *, reached: bool, reason: str = "") -> BedRun:
    """A person confirms that the target is reached, or stops the run and says why."""
    _require_person(actor, queries.run(uow.session, run_id).facility_id)
    run = take(uow, run_id)
    if not reached:
        _end(uow, actor, run, RunState.STOPPED, required_text("reason", reason, 2000))
        return run
    counted = rules.total(rules.tallies(queries.as_counts(queries.rows(uow.session, run.id))))
    if counted < run.target:
        raise Conflict(f"{counted} of {run.target} beds count. Go on, or stop the run and say why.")
    _end(uow, actor, run, RunState.REACHED, optional_text("reason", reason, 2000))
    return run


def end_one_over(uow: UnitOfWork, actor: Actor) -> bool:
    """Mark one run over whose four hours are, if there is one. What it counted is kept."""
    query = sa.select(BedRun).where(BedRun.state == RunState.OPEN, BedRun.deadline_at <= uow.now)
    found = uow.session.scalar(query.order_by(BedRun.deadline_at, BedRun.id).limit(1))
    if found is None:
        return False
    take_hospitals(uow, [found.facility_id])
    uow.session.refresh(found)
    if found.state is RunState.OPEN:
        _end(uow, actor, found, RunState.OVER, "")
    return True


def _end(uow: UnitOfWork, actor: Actor, run: BedRun, state: RunState, reason: str) -> None:
    run.state, run.ended_by, run.end_reason = state, actor.name, reason
    run.ended_at = min(uow.now, run.deadline_at) if state is RunState.OVER else uow.now
    found = queries.shown(uow.session, run, run.ended_at)
    run.counted = found.counted
    uow.session.flush()
    tell(uow, actor, run, ended_event(run, found))


def _require_person(actor: Actor, facility_id: str) -> None:
    actor.require(Permission.SURGE_CONFIRM, facility_id)
    if actor.kind != "account":
        raise Forbidden("Only a person with an account can start or end a bed run.")


def _check_incident(uow: UnitOfWork, facility_id: str, incident_id: str | None, *, exercise: bool) -> None:
    if incident_id is None:
        return
    incident = uow.session.get(Incident, incident_id)
    if incident is None or incident.facility_id != facility_id:
        raise Invalid.field("incident_id", "there is no such incident at this hospital")
    if incident.state is not IncidentState.ACTIVE:
        raise Invalid.field("incident_id", f"{incident.number} is closed")
    if incident.exercise != exercise:
        raise Invalid.field(
            "incident_id", "a real run belongs to a real incident, an exercise to an exercise"
        )


def _make_way(uow: UnitOfWork, actor: Actor, facility_id: str, *, exercise: bool) -> None:
    found = queries.open_run(uow.session, facility_id)
    if found is None:
        return
    if found.exercise and not exercise:
        _end(uow, actor, found, RunState.STOPPED, MADE_WAY)
        return
    what = "An exercise" if found.exercise else "A bed run"
    raise Conflict(f"{what} is under way here, started by {found.started_by} at {stamp(found.started_at)}.")


def _chosen(found: list[queries.Beds], codes: Collection[str] | None) -> list[queries.Beds]:
    if codes is None:
        return [each for each in found if each.wanted]
    known = {each.unit.code for each in found}
    if strange := sorted(set(codes) - known):
        allowed = ", ".join(sorted(known))
        raise Invalid.field("units", f"no such unit: {', '.join(strange)}; allowed are {allowed}")
    return [each for each in found if each.unit.code in codes]


def _known(chosen: list[queries.Beds]) -> list[queries.Beds]:
    if not chosen:
        raise Invalid.field("units", "choose at least one unit")
    troubles = [f"{each.unit.name}, {each.trouble}" for each in chosen if each.trouble]
    if troubles:
        raise Invalid.field(
            "units",
            f"{'; '.join(troubles)}. Enter staffed beds on the unit's page under Capacity, "
            "or leave the unit out; a target is not made of guesses",
        )
    return chosen


def _freeze(run: BedRun, beds: queries.Beds) -> BedRunUnit:
    assert beds.staffed is not None
    return BedRunUnit(
        run_id=run.id,
        unit_id=beds.unit.id,
        code=beds.unit.code,
        name=beds.unit.name,
        unit_class=beds.unit.unit_class,
        staffed_beds=beds.staffed.value,
        occupied_beds=beds.occupied,
        source=beds.staffed.source,
        observed_at=beds.staffed.observed_at,
    )


def started_event(run: BedRun, units: list[BedRunUnit]) -> events.BedRunStarted:
    return events.BedRunStarted(
        run_id=run.id,
        exercise=run.exercise,
        reason=run.reason,
        percent=run.percent,
        staffed_beds=run.staffed_beds,
        target=run.target,
        started_at=run.started_at,
        deadline_at=run.deadline_at,
        units=[
            events.UnitAtStart(
                each.unit_id,
                each.code,
                each.name,
                each.unit_class,
                each.staffed_beds,
                each.occupied_beds,
                each.source,
                each.observed_at,
            )
            for each in units
        ],
    )


def ended_event(run: BedRun, found: Look) -> events.BedRunEnded:
    """What came of a run that has ended."""
    assert run.ended_at is not None
    return events.BedRunEnded(
        run_id=run.id,
        exercise=run.exercise,
        state=run.state.value,
        reason=run.end_reason or "",
        ended_at=run.ended_at,
        counted=found.counted,
        target=run.target,
        quarters=[events.QuarterResult(each.percent, each.beds, each.minutes) for each in found.quarters],
        units=[
            events.UnitResult(
                each.unit.name,
                each.tally.of(rules.FREED),
                each.tally.of(rules.CLEANED),
                each.tally.of(rules.STAFFED),
                each.tally.counted,
            )
            for each in found.units
        ],
    )
