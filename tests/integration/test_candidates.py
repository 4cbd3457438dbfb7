"""Call-outs ask those who are free, in the order that the ranking gives, and say why."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.activation import candidates
from app.activation.candidates import Group
from app.activation.models import Candidate
from app.activation.planning import plan
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Invalid
from app.demo.filling import insert
from app.incidents.models import Incident
from app.staffing.models import ContactMethod, Person, Shift, Skill
from tests.support.callouts import answered, called, declared, question_to, questions
from tests.support.duty import floor, known_off, leave, shift
from tests.support.hospital import Hospital

NURSES = Group("icu_nurse", None, needed=1)


def seat(db: Database, incident: Incident, *positions: str, group: Group | None = None) -> candidates.Seat:
    with db.read() as session:
        groups = [group] if group else []
        return plan(session, incident, positions, groups, 1, db.clock.now())[0]


def left_out(found: candidates.Seat) -> dict[str, str]:
    return {left.name: left.why for left in found.left_out}


def test_without_shifts_the_list_stands_and_says_that_nothing_is_known(
    db: Database, hospital: Hospital
) -> None:
    found = seat(db, declared(db, hospital), "medical_care_branch_director")
    assert [p.name for p in found.listed] == ["Ben Orso", "Hal Brook", "Cleo Vance"]
    assert all("availability unknown" in why for why in found.why.values())


def test_who_is_away_resting_or_over_their_hours_is_left_out_with_the_reason(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    ben, cleo, hal, finn = (hospital.people[n] for n in (1, 2, 7, 5))
    leave(db, hospital, ben, -24, 99)
    shift(db, hospital, hal, -13, -1, "ED")
    for day in range(2, 7):
        shift(db, hospital, finn, -24 * day, -24 * day + 12, "ICU")
    known_off(db, hospital, cleo)
    incident = declared(db, hospital)
    found = seat(db, incident, "medical_care_branch_director")
    assert [p.name for p in found.listed] == ["Cleo Vance"]
    assert found.why[cleo.id].startswith("choice 3, off duty, 20 min away, 0 of 60 h")
    assert left_out(found) == {"Ben Orso": "on leave until Friday 07:00", "Hal Brook": "rests until 13:00"}
    nurses = seat(db, incident, group=NURSES)
    assert left_out(nurses) == {
        "Finn Sayer": "60 h worked in 7 days, and a 12 h shift would pass 60 h",
    }
    clock.advance(hours=120)
    known_off(db, hospital, ben, hal)
    assert len(seat(db, incident, "medical_care_branch_director").listed) == 3


def test_the_known_go_before_the_unknown_and_the_list_is_kept_with_its_reasons(
    db: Database, hospital: Hospital
) -> None:
    ben, hal, cleo = hospital.people[1], hospital.people[7], hospital.people[2]
    known_off(db, hospital, cleo)
    shift(db, hospital, hal, -1, 7, "ED")
    called(db, hospital, declared(db, hospital), "medical_care_branch_director")
    with db.read() as session:
        rows = session.scalars(sa.select(Candidate).order_by(Candidate.rank)).all()
    assert [row.person_id for row in rows] == [hal.id, cleo.id, ben.id]
    assert rows[0].why.startswith("choice 2, on duty until 11:00 in Emergency, 1 of 60 h")
    assert "so after those who are known to be free" in rows[2].why
    assert question_to(db, hal).person_name == "Hal Brook"


def test_a_group_asks_the_rested_and_near_first_and_leaves_out_who_is_here(
    db: Database, hospital: Hospital
) -> None:
    cleo, finn = hospital.people[2], hospital.people[5]  # 20 and 35 minutes away
    shift(db, hospital, cleo, -96, -84, "ICU")
    shift(db, hospital, cleo, -72, -60, "ICU")
    known_off(db, hospital, finn)
    incident = declared(db, hospital)
    found = seat(db, incident, group=NURSES)
    assert [p.name for p in found.listed] == ["Finn Sayer", "Cleo Vance"]  # 35 points against 20 + 24
    shift(db, hospital, finn, -1, 7, "ICU")
    found = seat(db, incident, group=NURSES)
    assert left_out(found) == {"Finn Sayer": "on duty until 11:00 in Intensive Care"}
    soon = seat(db, incident, group=Group("icu_nurse", None, 1, within_minutes=20))
    assert [p.name for p in soon.listed] == ["Cleo Vance"]
    with pytest.raises(Invalid, match="nobody can be asked"):
        seat(db, incident, group=Group("icu_nurse", None, 1, within_minutes=19))


def test_call_ins_weigh_and_exercises_do_not(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    ben, hal = hospital.people[1], hospital.people[7]
    known_off(db, hospital, ben, hal)
    for exercise, said in ((True, "not called in for 28 days"), (False, "called in once in 28 days")):
        incident = declared(db, hospital, exercise=exercise)
        called(db, hospital, incident, "medical_care_branch_director")
        answered(db, hospital, questions(db)[-1], "1")
        clock.advance(hours=1)
        after = declared(db, hospital, exercise=True)
        assert said in seat(db, after, "medical_care_branch_director").why[ben.id]


def test_two_of_one_place_are_not_taken_together_below_its_floor(db: Database, hospital: Hospital) -> None:
    ben, hal, dov, finn = (hospital.people[n] for n in (1, 7, 3, 5))
    for who in (ben, hal, dov, finn):
        shift(db, hospital, who, -1, 7, "ED")
        with db.write() as uow:
            uow.session.add(Skill(person_id=who.id, slug="triage"))
    floor(db, hospital, "ED", "triage", 3)
    incident = declared(db, hospital)
    called(db, hospital, incident, "medical_care_branch_director", "safety_officer")
    assert [q.person_name for q in questions(db)] == ["Ben Orso"]  # Dov would be the second from there
    other = declared(db, hospital)
    found = seat(db, other, "security_branch_director", "medical_care_branch_director")
    assert "Dov Maren" in left_out(found)
    assert "would take Emergency below its floor of 3 (triage)" in left_out(found)["Dov Maren"]


def test_an_exercise_takes_nobody_from_something_real(db: Database, hospital: Hospital) -> None:
    ben, dov = hospital.people[1], hospital.people[3]
    for who in (ben, dov):
        shift(db, hospital, who, -1, 7, "ED")
        with db.write() as uow:
            uow.session.add(Skill(person_id=who.id, slug="triage"))
    floor(db, hospital, "ED", "triage", 1)
    called(db, hospital, declared(db, hospital, exercise=True), "medical_care_branch_director")
    assert [p.name for p in seat(db, declared(db, hospital), "safety_officer").listed][:1] == ["Dov Maren"]


def test_what_has_changed_since_the_list_was_made_is_seen_when_the_next_is_asked(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    ben, hal, cleo = hospital.people[1], hospital.people[7], hospital.people[2]
    known_off(db, hospital, ben, hal, cleo)
    called(db, hospital, declared(db, hospital), "medical_care_branch_director")
    leave(db, hospital, hal, -1, 50)
    clock.advance(minutes=1)
    answered(db, hospital, question_to(db, ben), "9")
    assert [q.person_name for q in questions(db)] == ["Ben Orso", "Cleo Vance"]


def test_a_qualification_that_has_run_out_does_not_count(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    finn = hospital.people[5]
    with db.write() as uow:
        row = uow.session.get_one(Skill, (finn.id, "icu_nurse"))
        row.valid_until = clock.now() - timedelta(days=2)
    found = seat(db, declared(db, hospital), group=NURSES)
    assert left_out(found) == {"Finn Sayer": "qualification as ICU nurse ran out: Saturday 04:00"}


def test_everybody_is_told_whatever_they_do(db: Database, hospital: Hospital) -> None:
    leave(db, hospital, hospital.people[2], -1, 50)
    found = seat(db, declared(db, hospital), group=Group("icu_nurse", None, 1, informs=True))
    assert [p.name for p in found.first] == ["Cleo Vance", "Finn Sayer"]


def test_somebody_with_a_landline_alone_can_be_reached(db: Database, hospital: Hospital) -> None:
    with db.write() as uow:
        dov = uow.session.get_one(Person, hospital.people[3].id)
        dov.contacts[0].channel = "voice"
    incident = declared(db, hospital)
    assert [p.name for p in seat(db, incident, "security_branch_director").listed] == ["Dov Maren"]
    with db.write() as uow:
        uow.session.execute(sa.delete(ContactMethod).where(ContactMethod.person_id == dov.id))
    with pytest.raises(Invalid, match="nobody can be asked"):
        seat(db, incident, "security_branch_director")


def test_two_thousand_people_are_ranked_in_a_few_queries(
    app: Flask, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    now, home = clock.now(), hospital.facility.id
    with db.write() as uow:
        ids = [uow.new_id() for _ in range(2000)]
        people = [
            {
                "id": id_,
                "facility_id": home,
                "name": f"Person {n:04d}",
                "job_title": "Nurse",
                "department": "Wards",
                "travel_minutes": n % 90,
                "active": True,
            }
            for n, id_ in enumerate(ids)
        ]
        insert(uow, Person, people)
        ways = [
            {
                "id": uow.new_id(),
                "person_id": id_,
                "channel": "sms",
                "address": f"+1{300 + n // 100}55501{n % 100:02d}",
                "rank": 1,
            }
            for n, id_ in enumerate(ids)
        ]
        insert(uow, ContactMethod, ways)
        shifts = [
            {
                "id": uow.new_id(),
                "facility_id": home,
                "person_id": id_,
                "unit_id": hospital.units["4W"].id,
                "department": "Wards",
                "job": "Nurse",
                "kind": "planned",
                "starts_at": now + timedelta(hours=24 * day + 12 * (n % 2) - 6),
                "ends_at": now + timedelta(hours=24 * day + 12 * (n % 2) + 6),
                "source": "tests",
                "recorded_at": now,
            }
            for n, id_ in enumerate(ids)
            for day in range(-9, 5)
            if (n + day) % 6 < 3
        ]
        insert(uow, Shift, shifts)
    incident = declared(db, hospital)
    statements: list[str] = []
    with db.read() as session:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *a: statements.append(a[2]))
        found = plan(session, incident, [], [Group(None, "Wards", 10, within_minutes=60)], 1, now)[0]
    assert len(found.listed) + len(found.left_out) == 2000
    assert len(found.listed) > 300
    assert len(statements) < 60
