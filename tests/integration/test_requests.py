"""Requests from asking to closing, on both engines: quantities, stock, permissions, two at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.escalation import engine
from app.incidents.actions import close as close_incident
from app.incidents.closing import still_open
from app.incidents.models import Incident
from app.journal import entries
from app.resources import actions
from app.resources.actions import Wanted
from app.resources.models import ResourceRequest, StockLevel
from app.resources.rules import RequestState, steps_from
from tests.support.hospital import Hospital
from tests.support.requests import declared, kinds, on_hand, raised, stocked


@pytest.fixture
def incident(act: Any, hospital: Hospital) -> Incident:
    stocked(act, hospital)
    return declared(act, hospital)


@pytest.fixture
def asked(act: Any, hospital: Hospital, incident: Incident) -> ResourceRequest:
    return raised(act, hospital.staff, incident)


def test_from_asking_to_closing(
    act: Any, db: Database, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    boss = hospital.command_staff
    boxes, towers = asked.lines
    step = (boss, incident.id, asked.id)
    assert (asked.number, asked.state, asked.raised_by) == (1, RequestState.SUBMITTED, "Cleo Vance")
    act(actions.approve, *step, quantities={towers.id: 1}, note="One tower must do")
    act(actions.fill, *step, line_id=boxes.id, quantity=30, source="stock")
    assert on_hand(db, hospital, "n95_respirator") == 70
    made = act(
        actions.fill, *step, line_id=boxes.id, quantity=10, source="system", source_name="Harbor North"
    )
    assert made.state is RequestState.PARTLY_FILLED
    made = act(actions.fill, *step, line_id=towers.id, quantity=1, source="vendor", source_name="Bright Rent")
    assert made.state is RequestState.EN_ROUTE
    first, second, third = made.fills
    act(actions.receive, *step, fill_id=first.id, quantity=25)
    act(actions.receive, *step, fill_id=first.id, quantity=5)
    act(actions.receive, *step, fill_id=second.id, quantity=10)
    done = act(actions.receive, *step, fill_id=third.id, quantity=1)
    assert done.state is RequestState.RECEIVED
    closed = act(actions.close, *step)
    assert closed.state is RequestState.CLOSED
    assert [(line.asked, line.approved, line.received) for line in closed.lines] == [(40, 40, 40), (2, 1, 1)]
    assert kinds(db, incident) == [
        "request.raised",
        "request.approved",
        "stock.moved",
        *["request.filled"] * 3,
        *["request.received"] * 4,
        "request.closed",
    ]


def test_an_exercise_takes_nothing_off_the_real_shelves(
    act: Any, db: Database, hospital: Hospital, incident: Incident
) -> None:
    drill = declared(act, hospital, exercise=True)
    asked = raised(act, hospital.staff, drill, lines=[Wanted(120, sku="n95_respirator")])
    step = (hospital.commander, drill.id, asked.id)
    act(actions.approve, *step)
    with pytest.raises(Invalid, match="only 100 are in stock"):
        act(actions.fill, *step, line_id=asked.lines[0].id, quantity=101, source="stock")
    made = act(actions.fill, *step, line_id=asked.lines[0].id, quantity=100, source="stock")
    act(actions.fall_through, *step, fill_id=made.fills[0].id, reason="End of play")
    assert on_hand(db, hospital, "n95_respirator") == 100
    assert "stock.moved" not in kinds(db, drill)


def test_what_does_not_come_is_wanted_again_and_goes_back_to_stock(
    act: Any, db: Database, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    step = (hospital.command_staff, incident.id, asked.id)
    act(actions.approve, *step)
    filled = act(actions.fill, *step, line_id=asked.lines[0].id, quantity=40, source="stock")
    act(actions.receive, *step, fill_id=filled.fills[0].id, quantity=15)
    fell = act(actions.fall_through, *step, fill_id=filled.fills[0].id, reason="Truck broke down")
    assert on_hand(db, hospital, "n95_respirator") == 85
    assert (fell.lines[0].line.waiting, fell.lines[0].received) == (25, 15)
    with pytest.raises(Invalid, match="nothing is on the way"):
        act(actions.fall_through, *step, fill_id=filled.fills[0].id, reason="again")


def test_closing_with_something_missing_wants_a_reason(
    act: Any, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    step = (hospital.command_staff, incident.id, asked.id)
    act(actions.approve, *step)
    with pytest.raises(Invalid, match="42 units"):
        act(actions.close, *step, reason="  ")
    assert act(actions.close, *step, reason="Flow of patients ended").state is RequestState.CLOSED


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"lines": []}, "lines", "1 to 20"),
        ({"lines": [Wanted(1, description="x")] * 21}, "lines", "21 were given"),
        ({"lines": [Wanted(0, sku="tourniquet")]}, "lines.0.quantity", "1 to 1,000,000"),
        ({"lines": [Wanted(1, description="bed"), Wanted(-4, "tourniquet")]}, "lines.1.quantity", "-4"),
        ({"lines": [Wanted(1, sku="unicorn")]}, "lines.0.sku", "describe it"),
        ({"lines": [Wanted(1, description="  ")]}, "lines.0.description", "not be empty"),
        ({"priority": "asap"}, "priority", "urgent, routine, low"),
        ({"deliver_to": ""}, "deliver_to", "not be empty"),
        ({"why": "x" * 2001}, "why", "2000 are allowed"),
        ({"position": "chief_of_nothing"}, "position", "not open"),
    ],
)
@pytest.mark.engine("sqlite")
def test_wrong_requests_are_refused_by_field(
    act: Any, hospital: Hospital, incident: Incident, changes: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        raised(act, hospital.staff, incident, **changes)
    assert says in refused.value.errors[field][0]


@pytest.mark.engine("sqlite")
def test_a_time_in_the_past_is_refused(
    act: Any, hospital: Hospital, incident: Incident, clock: ManualClock
) -> None:
    with pytest.raises(Invalid, match="future"):
        raised(act, hospital.staff, incident, needed_by=clock.now())


@pytest.mark.engine("sqlite")
def test_wrong_fills_are_refused_by_field(
    act: Any, db: Database, hospital: Hospital, incident: Incident
) -> None:
    lines = [
        Wanted(400, sku="n95_respirator"),
        Wanted(5, sku="triage_tag"),
        Wanted(5, description="Light tower"),
    ]
    asked = raised(act, hospital.staff, incident, lines=lines)
    step = (hospital.command_staff, incident.id, asked.id)
    act(actions.approve, *step)
    boxes, tags, towers = (line.id for line in asked.lines)

    def refused(field: str, says: str, **how: Any) -> None:
        with pytest.raises(Invalid) as error:
            act(actions.fill, *step, **how)
        assert says in error.value.errors[field][0]

    refused("quantity", "only 100 are in stock", line_id=boxes, quantity=101, source="stock")
    refused("quantity", "1 to 400", line_id=boxes, quantity=401, source="vendor", source_name="V")
    refused("source", "never counted", line_id=tags, quantity=1, source="stock")
    refused("source", "not in the catalogue", line_id=towers, quantity=1, source="stock")
    refused("source_name", "not be empty", line_id=towers, quantity=1, source="vendor")
    refused("source", "stock, system", line_id=towers, quantity=1, source="thin air", source_name="x")
    assert on_hand(db, hospital, "n95_respirator") == 100
    with pytest.raises(NotFound):
        act(actions.fill, *step, line_id="nothing", quantity=1, source="stock")


def test_granting_nothing_is_no_approval(
    act: Any, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    step = (hospital.command_staff, incident.id, asked.id)
    with pytest.raises(Invalid, match="deny"):
        act(actions.approve, *step, quantities={line.id: 0 for line in asked.lines})
    with pytest.raises(Invalid, match="line 1 must be 0 to 40"):
        act(actions.approve, *step, quantities={asked.lines[0].id: 41})
    with pytest.raises(Invalid, match="no line"):
        act(actions.approve, *step, quantities={"other": 1})
    with pytest.raises(Invalid, match="reason"):
        act(actions.deny, *step, reason="")


STEPS: dict[str, Callable[[Any, Actor, Incident, ResourceRequest], Any]] = {
    "approve": lambda act, who, i, r: act(actions.approve, who, i.id, r.id),
    "deny": lambda act, who, i, r: act(actions.deny, who, i.id, r.id, reason="no"),
    "fill": lambda act, who, i, r: act(
        actions.fill, who, i.id, r.id, line_id=r.lines[0].id, quantity=1, source="stock"
    ),
    "receive": lambda act, who, i, r: act(actions.receive, who, i.id, r.id, fill_id="x", quantity=1),
    "fall_through": lambda act, who, i, r: act(
        actions.fall_through, who, i.id, r.id, fill_id="x", reason="x"
    ),
    "close": lambda act, who, i, r: act(actions.close, who, i.id, r.id, reason="x"),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.engine("sqlite")
def test_staff_and_leadership_may_not_decide_or_fill(
    act: Any, hospital: Hospital, incident: Incident, asked: ResourceRequest, name: str
) -> None:
    for who in (hospital.staff, hospital.leadership):
        with pytest.raises(Forbidden):
            STEPS[name](act, who, incident, asked)


@pytest.mark.engine("sqlite")
def test_leadership_may_not_ask_and_staff_may_take_back(
    act: Any, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    with pytest.raises(Forbidden):
        raised(act, hospital.leadership, incident)
    with pytest.raises(Forbidden):
        act(actions.cancel, hospital.leadership, incident.id, asked.id, reason="no")
    cancelled = act(actions.cancel, hospital.staff, incident.id, asked.id, reason="Found some")
    assert cancelled.state is RequestState.CANCELLED


@pytest.mark.engine("sqlite")
def test_a_request_of_another_incident_is_not_found(
    act: Any, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    other = declared(act, hospital)
    with pytest.raises(NotFound):
        act(actions.approve, hospital.command_staff, other.id, asked.id)


def test_a_request_that_is_not_there_in_time_becomes_overdue_once(
    act: Any, db: Database, hospital: Hospital, incident: Incident, clock: ManualClock
) -> None:
    asked = raised(act, hospital.staff, incident, needed_by=clock.now() + timedelta(minutes=10))
    clock.advance(minutes=9)
    engine.tick(db)
    assert "request.overdue" not in kinds(db, incident)
    clock.advance(minutes=61)
    engine.tick(db)
    engine.tick(db)
    with db.read() as session:
        late = [e for e in entries(session, incident.stream) if e.kind == "request.overdue"]
        assert [e.data["late_seconds"] for e in late] == [3600]
        assert session.get_one(ResourceRequest, asked.id).overdue


def test_a_request_that_has_arrived_does_not_become_overdue(
    act: Any, db: Database, hospital: Hospital, incident: Incident, clock: ManualClock
) -> None:
    soon = clock.now() + timedelta(minutes=10)
    asked = raised(act, hospital.staff, incident, needed_by=soon, lines=[Wanted(3, sku="n95_respirator")])
    denied = raised(act, hospital.staff, incident, needed_by=soon)
    step = (hospital.commander, incident.id, asked.id)
    act(actions.approve, *step)
    made = act(actions.fill, *step, line_id=asked.lines[0].id, quantity=3, source="stock")
    act(actions.receive, *step, fill_id=made.fills[0].id, quantity=3)
    act(actions.deny, hospital.commander, incident.id, denied.id, reason="No")
    clock.advance(hours=1)
    engine.tick(db)
    assert "request.overdue" not in kinds(db, incident)


def test_after_the_incident_what_was_on_its_way_is_still_received(
    act: Any, db: Database, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    step = (hospital.commander, incident.id, asked.id)
    act(actions.approve, *step)
    made = act(actions.fill, *step, line_id=asked.lines[0].id, quantity=40, source="stock")
    with db.read() as session:
        assert "1 open request" in still_open(session, incident.id)
    act(close_incident, hospital.commander, incident.id, reason="All patients placed")
    act(actions.receive, *step, fill_id=made.fills[0].id, quantity=40)
    with pytest.raises(Conflict, match="is closed"):
        act(actions.fill, *step, line_id=asked.lines[1].id, quantity=1, source="vendor", source_name="V")
    act(actions.close, *step, reason="Not needed any more")


COURSE = st.lists(
    st.tuples(
        st.sampled_from(["approve", "fill", "fill_elsewhere", "receive", "fall_through", "close", "cancel"]),
        st.integers(0, 1),
        st.integers(1, 60),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(course=COURSE)
@pytest.mark.engine("sqlite")
def test_whatever_happens_no_unit_is_lost(
    act: Any, db: Database, hospital: Hospital, incident: Incident, course: list[tuple[str, int, int]]
) -> None:
    lines = [Wanted(40, sku="n95_respirator"), Wanted(30, sku="n95_respirator")]
    asked = raised(act, hospital.staff, incident, lines=lines)
    before = on_hand(db, hospital, "n95_respirator")
    who = (hospital.commander, incident.id, asked.id)
    for step, i, units in course:
        with db.read() as session:
            now = session.get_one(ResourceRequest, asked.id)
            line_ids, fill_ids = [line.id for line in now.lines], [fill.id for fill in now.fills]
        fill_id = fill_ids[units % len(fill_ids)] if fill_ids else "none"
        try:
            action, how = _how(step, line_ids[i], fill_id, units)
            act(action, *who, **how)
        except (Invalid, Conflict, NotFound):
            continue
    with db.read() as session:
        end = session.get_one(ResourceRequest, asked.id)
        moved = [
            e.data["change"]
            for e in entries(session, incident.stream)
            if e.kind == "stock.moved" and e.data["request_id"] == asked.id
        ]
        from_stock = sum(f.quantity - f.fell_through for f in end.fills if f.source == "stock")
        assert on_hand(db, hospital, "n95_respirator") == before + sum(moved)
        assert -sum(moved) == from_stock
        for line in end.lines:
            fills = [f for f in end.fills if f.line_id == line.id]
            assert line.filled == sum(f.quantity - f.fell_through for f in fills)
            assert line.received == sum(f.received for f in fills)
            units = line.line
            assert line.asked == units.denied + units.waiting + units.under_way + units.received
        assert not (end.ended_at and steps_from(end.state))
        assert session.scalar(sa.select(sa.func.min(StockLevel.on_hand))) >= 0


def _how(step: str, line_id: str, fill_id: str, units: int) -> tuple[Any, dict[str, Any]]:
    return {
        "approve": (actions.approve, {"quantities": {line_id: units}}),
        "fill": (actions.fill, {"line_id": line_id, "quantity": units, "source": "stock"}),
        "fill_elsewhere": (
            actions.fill,
            {"line_id": line_id, "quantity": units, "source": "vendor", "source_name": "V"},
        ),
        "receive": (actions.receive, {"fill_id": fill_id, "quantity": units}),
        "fall_through": (actions.fall_through, {"fill_id": fill_id, "reason": "r"}),
        "close": (actions.close, {"reason": "r"}),
        "cancel": (actions.cancel, {"reason": "r"}),
    }[step]
