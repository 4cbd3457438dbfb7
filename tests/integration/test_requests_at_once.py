"""Two people at once on requests and stock, on both engines: one wins, the other hears who was first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, MusterError
from app.incidents.models import Incident
from app.journal import entries
from app.resources import actions
from app.resources.actions import Wanted
from app.resources.models import ResourceRequest, StockLevel
from tests.support.hospital import Hospital
from tests.support.requests import declared, kinds, on_hand, raised, stocked


@pytest.fixture
def incident(act: Any, hospital: Hospital) -> Incident:
    stocked(act, hospital)
    return declared(act, hospital)


@pytest.fixture
def asked(act: Any, hospital: Hospital, incident: Incident) -> ResourceRequest:
    return raised(act, hospital.staff, incident)


def at_once(db: Database, *works: Callable[[], Any]) -> list[Any]:
    """Run these at the same time; each result or the error it raised."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(i: int) -> None:
        barrier.wait()
        try:
            results[i] = works[i]()
        except (MusterError, AssertionError) as error:
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_two_decide_at_once_and_the_second_hears_who_was_first(
    act: Any, db: Database, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    results = at_once(
        db,
        lambda: act(actions.approve, hospital.command_staff, incident.id, asked.id),
        lambda: act(actions.deny, hospital.commander, incident.id, asked.id, reason="None to be had"),
    )
    lost = [each for each in results if isinstance(each, Conflict)]
    won = [each for each in results if isinstance(each, ResourceRequest)]
    assert len(lost) == len(won) == 1
    assert f"{won[0].changed_by} at 04:00" in lost[0].detail
    assert len(kinds(db, incident)) == 2


def test_two_receive_the_same_delivery_and_it_counts_once(
    act: Any, db: Database, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    step = (incident.id, asked.id)
    act(actions.approve, hospital.commander, *step)
    made = act(
        actions.fill, hospital.commander, *step, line_id=asked.lines[0].id, quantity=40, source="stock"
    )
    how = {"fill_id": made.fills[0].id, "quantity": 20, "seen": made.version}
    results = at_once(
        db,
        lambda: act(actions.receive, hospital.command_staff, *step, **how),
        lambda: act(actions.receive, hospital.commander, *step, **how),
    )
    assert sorted(type(each).__name__ for each in results) == ["Conflict", "ResourceRequest"]
    conflict = next(each for each in results if isinstance(each, Conflict))
    assert "has changed since you looked" in conflict.detail


def test_two_incidents_at_once_cannot_take_the_same_units(
    act: Any, db: Database, hospital: Hospital, incident: Incident
) -> None:
    places = [incident, declared(act, hospital)]
    works = []
    for place in places:
        one = raised(act, hospital.staff, place, lines=[Wanted(80, sku="n95_respirator")])
        act(actions.approve, hospital.commander, place.id, one.id)
        how = {"line_id": one.lines[0].id, "quantity": 80, "source": "stock"}
        works.append(
            lambda place=place, one=one, how=how: act(
                actions.fill, hospital.commander, place.id, one.id, **how
            )
        )
    results = at_once(db, *works)
    assert sorted(type(each).__name__ for each in results) == ["Invalid", "ResourceRequest"]
    assert on_hand(db, hospital, "n95_respirator") == 20


def test_a_count_that_missed_a_movement_is_not_taken(
    act: Any, db: Database, hospital: Hospital, incident: Incident, asked: ResourceRequest
) -> None:
    act(actions.approve, hospital.commander, incident.id, asked.id)
    how = {"line_id": asked.lines[0].id, "quantity": 10, "source": "stock"}
    act(actions.fill, hospital.commander, incident.id, asked.id, **how)
    count = {"sku": "n95_respirator", "on_hand": 99}
    with pytest.raises(Conflict, match=r"Ada Quill has made it 90 .* request 1"):
        act(actions.count_stock, hospital.command_staff, hospital.facility.id, **count, seen=100)
    act(actions.count_stock, hospital.command_staff, hospital.facility.id, **count, seen=90)
    assert on_hand(db, hospital, "n95_respirator") == 99
    with pytest.raises(Forbidden):
        act(actions.count_stock, hospital.staff, hospital.facility.id, **count)
    with pytest.raises(Invalid, match="0 to"):
        act(actions.count_stock, hospital.commander, hospital.facility.id, sku="tourniquet", on_hand=-1)


def test_two_count_an_item_for_the_first_time_at_once(act: Any, db: Database, hospital: Hospital) -> None:
    count = {"sku": "body_bag", "on_hand": 7}
    results = at_once(
        db,
        lambda: act(actions.count_stock, hospital.commander, hospital.facility.id, **count),
        lambda: act(actions.count_stock, hospital.command_staff, hospital.facility.id, **count),
    )
    assert all(isinstance(each, StockLevel) for each in results), results
    with db.read() as session:
        befores = [e.data["before"] for e in entries(session, f"facility:{hospital.facility.id}")]
    assert befores == [None, 7]
