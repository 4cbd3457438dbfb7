"""Triggers edited, seen and put aside: versions, who did it, and what the board and the recommendation make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.board.picture import from_tables
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.facilities.stream import stream_of as hospital_stream
from app.journal import entries
from app.surge import actions, queries
from app.surge.definitions import Definition, read
from app.surge.models import Firing, Shelving, Trigger, TriggerState
from app.surge.triggers import Rule, Status
from tests.support.hospital import Hospital
from tests.support.surge import PROGRAM, count, declare, firings, given, hold, recommendations

ICU_FULL = "Intensive care full"


def trigger(db: Database, slug: str = "icu_full") -> Trigger:
    with db.read() as session:
        return session.scalars(sa.select(Trigger).where(Trigger.slug == slug)).one()


def state(db: Database, slug: str = "icu_full") -> TriggerState:
    with db.read() as session:
        return session.scalars(sa.select(TriggerState).join(Trigger).where(Trigger.slug == slug)).one()


def standing(db: Database) -> Firing:
    with db.read() as session:
        query = sa.select(Firing).where(Firing.cleared_at.is_(None), Firing.title == ICU_FULL)
        return session.scalars(query).one()


def edit(db: Database, hospital: Hospital, found: Trigger, **changes: Any) -> Trigger:
    definition = read(found.definition)
    rule = {name: changes.pop(name) for name in list(changes) if name in Rule.__dataclass_fields__}
    definition = replace(definition, **changes, rule=replace(definition.rule, **rule))
    return db.transact(
        actions.edit_trigger,
        hospital.administrator,
        found.id,
        version=found.version,
        definition=definition,
        reason="Huddle of Monday",
    )


def kinds(db: Database, hospital: Hospital) -> list[str]:
    with db.read() as session:
        return [each.kind for each in entries(session, hospital_stream(hospital.facility.id))]


def fill_icu(db: Database, clock: ManualClock, hospital: Hospital) -> None:
    hold(db, clock, hospital, 60, ICU=12)


def test_an_edit_is_a_new_version_and_the_old_one_stays(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    made = edit(db, hospital, trigger(db), severity="critical")
    assert made.version == 2
    with db.read() as session:
        versions = queries.versions(session, made.id)
    assert [(v.version, read(v.definition).severity, v.made_by) for v in versions] == [
        (2, "critical", hospital.administrator.name),
        (1, "high", "Muster surge"),
    ]
    assert standing(db).version == 1, "what fired keeps the version that fired"
    assert firings(db) == [(ICU_FULL, None)], (
        "a change that changes no limit clears nothing and fires nothing"
    )
    assert kinds(db, hospital)[-1] == "trigger.edited"


def test_whoever_edits_what_has_changed_meanwhile_is_told(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    count(db, clock, hospital, ICU=5)
    old = trigger(db)
    edit(db, hospital, old, threshold=95.0)
    with pytest.raises(Conflict, match="version 2 now"):
        edit(db, hospital, old, threshold=96.0)
    with pytest.raises(Invalid, match="nothing has been changed"):
        edit(db, hospital, trigger(db))


def test_a_new_limit_counts_from_what_was_recorded(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    hold(db, clock, hospital, 120, ICU=9)
    assert firings(db) == []
    edit(db, hospital, trigger(db), threshold=75.0, deadband=0.0)
    assert firings(db) == [(ICU_FULL, None)], "75 % for an hour already"
    assert recommendations(db) == [("Severe surge", "open")]
    assert standing(db).said == "9 of 12 beds in use"
    edit(db, hospital, trigger(db), threshold=95.0)
    assert [cleared is not None for _, cleared in firings(db)] == [True]
    assert recommendations(db) == [("Severe surge", "withdrawn")]


def test_a_new_limit_clears_nothing_while_nothing_is_known(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    clock.advance(hours=20)
    db.transact(actions.look_again, PROGRAM)
    edit(db, hospital, trigger(db), threshold=150.0)
    assert firings(db) == [(ICU_FULL, None)]
    assert state(db).provisional


def test_a_further_trigger_watches_from_now_on(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    hold(db, clock, hospital, 60, _4W=3)
    definition = Definition("Four West busy", "free_share", "med_surg", Rule("below", 50.0, on_delay=30))
    made = db.transact(
        actions.create_trigger,
        hospital.administrator,
        hospital.facility.id,
        definition=definition,
        reason="New ward",
    )
    assert (made.slug, made.version) == ("four_west_busy", 1)
    assert ("Four West busy", None) not in firings(db)
    hold(db, clock, hospital, 60, _4W=20)
    assert ("Four West busy", None) in firings(db)
    retired = db.transact(
        actions.retire_trigger, hospital.administrator, made.id, reason="Covered by another"
    )
    assert retired.retired
    assert ("Four West busy", None) not in firings(db)
    hold(db, clock, hospital, 60, _4W=20)
    assert [title for title, cleared in firings(db) if cleared is None and title == "Four West busy"] == []


def test_wrong_definitions_name_every_field(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    count(db, clock, hospital, ICU=5)
    wrong = Definition(" ", "moon", "attic", Rule("over", 5.0, on_delay=-1, window="mean"), "rumour")
    with pytest.raises(Invalid) as caught:
        db.transact(
            actions.create_trigger,
            hospital.administrator,
            hospital.facility.id,
            definition=wrong,
            reason="",
        )
    assert set(caught.value.errors) == {
        "title", "measure", "unit_class", "comparison", "on_delay", "window_minutes", "kind", "reason",
    }  # fmt: skip


def test_only_who_may_edit_edits_and_only_people_see(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    found = trigger(db)
    with pytest.raises(Forbidden):
        db.transact(actions.retire_trigger, hospital.commander, found.id, reason="No")
    with pytest.raises(Forbidden):
        db.transact(actions.acknowledge, hospital.leadership, standing(db).id)
    with pytest.raises(Forbidden, match="person"):
        db.transact(actions.acknowledge, PROGRAM, standing(db).id)
    until = clock.now() + timedelta(hours=2)
    with pytest.raises(Forbidden):
        db.transact(actions.shelve, hospital.staff, found.id, until=until, reason="Quiet")


def test_seen_by_a_person_once(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    incident = declare(db, hospital.commander, hospital)
    fill_icu(db, clock, hospital)
    db.transact(actions.acknowledge, hospital.staff, standing(db).id)
    with pytest.raises(Conflict, match="has seen it already"):
        db.transact(actions.acknowledge, hospital.commander, standing(db).id)
    assert state(db).shown is Status.ACKNOWLEDGED
    assert recommendations(db) == [("Severe surge", "open")], "seen is not decided"
    with db.read() as session:
        picture = from_tables(session, incident.id)
    assert [f.acknowledged_by for f in picture.surge.firings.values()] == [hospital.staff.name]


def test_put_aside_recommends_nothing_and_comes_back_as_new(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    incident = declare(db, hospital.commander, hospital)
    fill_icu(db, clock, hospital)
    db.transact(actions.acknowledge, hospital.staff, standing(db).id)
    found = trigger(db)
    with pytest.raises(Invalid, match="at most 7 days"):
        db.transact(
            actions.shelve,
            hospital.commander,
            found.id,
            until=clock.now() + timedelta(days=8),
            reason="Fair",
        )
    until = clock.now() + timedelta(hours=2)
    db.transact(actions.shelve, hospital.commander, found.id, until=until, reason="Two leave at ten")
    with pytest.raises(Conflict, match="aside already"):
        db.transact(actions.shelve, hospital.commander, found.id, until=until, reason="Again")
    assert state(db).shown is Status.SHELVED
    assert recommendations(db) == [("Severe surge", "withdrawn")]
    with db.read() as session:
        picture = from_tables(session, incident.id)
    assert [each.reason for each in picture.surge.shelved.values()] == ["Two leave at ten"]
    later = declare(db, hospital.commander, hospital)
    with db.read() as session:
        assert len(from_tables(session, later.id).surge.shelved) == 1
    hold(db, clock, hospital, 120, ICU=12)
    db.transact(actions.look_again, PROGRAM)
    assert state(db).shown is Status.ACTIVE, "what still stands is new"
    assert recommendations(db)[-1] == ("Severe surge", "open")
    with db.read() as session:
        assert session.scalars(sa.select(Shelving)).one().ended_at is not None
    assert kinds(db, hospital).count("trigger.unshelved") == 1


def test_taken_back_before_its_time(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    fill_icu(db, clock, hospital)
    found = trigger(db)
    until = clock.now() + timedelta(hours=2)
    db.transact(actions.shelve, hospital.commander, found.id, until=until, reason="Quiet")
    db.transact(actions.unshelve, hospital.commander, found.id)
    assert ("Severe surge", "open") in recommendations(db)
    with pytest.raises(Conflict, match="not put aside"):
        db.transact(actions.unshelve, hospital.commander, found.id)
    clock.advance(hours=3)
    db.transact(actions.look_again, PROGRAM)
    assert kinds(db, hospital).count("trigger.unshelved") == 1


def test_arrivals_and_ticks_give_the_same_firings_at_the_same_times(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    """Readings that arrive twenty minutes after they were observed, with ticks in between, count from when they were
    observed.
    """
    begun = clock.now()
    for minutes in range(0, 181, 30):
        clock.advance(minutes=10)
        db.transact(actions.look_again, PROGRAM)
        clock.advance(minutes=10)
        observed = begun + timedelta(minutes=minutes)
        db.transact(actions.enter, hospital.staff, readings=[given("ICU", 12, observed)])
        clock.advance(minutes=10)
    fired = standing(db)
    assert (fired.since, fired.fired_at) == (begun, begun + timedelta(minutes=60))
