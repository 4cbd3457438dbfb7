"""Shifts, leave, floors and hour rules: kept, journalled, uploaded, shown."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Forbidden, Invalid, NotFound
from app.facilities.stream import stream_of
from app.journal import entries
from app.staffing import actions
from app.staffing.contacts.actions.verifying import vouch
from app.staffing.duty import Duty
from app.staffing.models import ContactMethod, Leave, Shift
from app.staffing.rota import Given
from tests.support.client import PageClient
from tests.support.duty import H, floor, leave, shift
from tests.support.hospital import Hospital

FILE = """employee_number,start,end,unit,kind,job
SBMC-000,2026-11-23 07:00,2026-11-23 19:00,ICU,,
SBMC-001,2026-11-23 00:00,2026-11-23 12:00,ED,,
SBMC-002,2026-11-22 07:00,2026-11-29 07:00,,on_call,trauma surgery
SBMC-003,2026-11-23 07:00,2026-11-23 06:00,,,
SBMC-004,2026-11-23 07:00,2026-11-23 19:00,9Z,,
NOBODY,2026-11-23 07:00,2026-11-23 19:00,,,
"""
ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@pytest.fixture
def admin(app: Flask, hospital: Hospital) -> PageClient:
    return PageClient(app, hospital.administrator)


def told(db: Database, hospital: Hospital) -> list[tuple[str, dict[str, Any]]]:
    with db.read() as session:
        return [(e.kind, e.data) for e in entries(session, stream_of(hospital.facility.id))]


def shifts(db: Database) -> list[Shift]:
    with db.read() as session:
        return list(session.scalars(sa.select(Shift).order_by(Shift.starts_at, Shift.person_id)))


def test_shifts_are_put_again_without_doubling_and_changed_or_replaced(
    db: Database, hospital: Hospital
) -> None:
    ada, now = hospital.people[0], db.clock.now()

    def put(*ends: float, replace: bool = False) -> actions.Put:
        given = [
            Given(n, ada.employee_number or "", now + 24 * n * H, now + (24 * n + end) * H)
            for n, end in enumerate(ends)
        ]
        return db.transact(
            actions.put_shifts,
            hospital.administrator,
            facility_id=hospital.facility.id,
            shifts=given,
            source="scheduling",
            replace=replace,
        )

    first, again, changed = put(8, 8, 8), put(8, 8, 8), put(8, 12)
    assert (first.added, first.same) == (3, 0)
    assert (again.added, again.same, again.changed) == (0, 3, 0)
    assert (changed.same, changed.changed, changed.removed) == (1, 1, 0)
    assert len(shifts(db)) == 3
    shift(db, hospital, ada, 30, 34)
    replaced = put(8, 12, 8, replace=True)
    assert (replaced.same, replaced.removed) == (3, 1)
    journal = [data for kind, data in told(db, hospital) if kind == "shift.recorded"]
    assert [(d["added"], d["changed"], d["removed"]) for d in journal] == [
        (3, 0, 0),
        (0, 1, 0),
        (1, 0, 0),
        (0, 0, 1),
    ]
    assert journal[0]["shifts"][0]["person_name"] == "Ada Quill"


def test_a_person_of_another_hospital_and_bad_rows_are_refused_the_rest_is_taken(
    db: Database, hospital: Hospital
) -> None:
    now = db.clock.now()
    rows = [
        Given(1, "SBMC-000", now, now + 8 * H),
        Given(2, "TLH-000", now, now + 8 * H),
        Given(3, "SBMC-001", now, now),
        Given(4, "SBMC-000", now, now + 9 * H),
    ]
    put = db.transact(
        actions.put_shifts,
        hospital.administrator,
        facility_id=hospital.facility.id,
        shifts=rows,
        source="x",
    )
    assert put.added == 1
    assert [(r.row, r.why.split(":")[0]) for r in put.refused] == [
        (2, "employee_number"),
        (3, "end"),
        (4, "start"),
    ]


def test_every_change_of_the_roster_is_journalled_without_numbers(db: Database, hospital: Hospital) -> None:
    ada, boss, now = hospital.people[0], hospital.administrator, db.clock.now()
    number = db.transact(actions.add_contact, boss, ada.id, kind="mobile", address="716 555 0177", calls=True)
    mail = db.transact(actions.add_contact, boss, ada.id, kind="email", address="Ada.Quill@Hospital.example")
    assert mail.address == "Ada.Quill@hospital.example"
    db.transact(vouch, boss, ada.id, number.id)
    db.transact(actions.move_contact, boss, ada.id, mail.id, move="up")
    assert db.transact(actions.remove_phone, boss, ada.id, mail.id) == "A•••@hospital.example"
    db.transact(actions.set_active, boss, ada.id, active=False)
    db.transact(actions.set_active, boss, ada.id, active=True)
    db.transact(actions.set_skill, boss, ada.id, skill="Burn care", valid_until=now + 24 * H)
    db.transact(actions.set_skill, boss, ada.id, skill="burn_care", has=False)
    where: dict[str, Any] = {"facility_id": hospital.facility.id}
    db.transact(actions.set_depth_list, boss, **where, position="safety_officer", person_ids=[ada.id])
    db.transact(actions.add_person, boss, **where, name="Ida Moss", job_title="Nurse")
    shift(db, hospital, ada, 1, 9)
    db.transact(actions.remove_shift, boss, ada.id, shifts(db)[0].id)
    leave(db, hospital, ada, 1, 9)
    with db.read() as session:
        away = session.scalars(sa.select(Leave)).one()
    db.transact(actions.remove_leave, boss, ada.id, away.id)
    floor(db, hospital, "ICU", "icu_nurse", 2)
    floor(db, hospital, "ICU", "icu_nurse", 0)
    db.transact(
        actions.set_hours,
        boss,
        **where,
        valid_from=now,
        source="Agreement of 2026",
        week_minutes=48 * 60,
        stretch_minutes=12 * 60,
        rest_minutes=11 * 60,
        rest_after_minutes=8 * 60,
        call_in_minutes=8 * 60,
    )
    journal = told(db, hospital)
    assert [kind for kind, _ in journal] == [
        "contact.added",
        "contact.added",
        "contact.added",
        "contact.verified",
        "contact.ordered",
        "contact.removed",
        "person.activated",
        "person.activated",
        "skill.set",
        "skill.set",
        "depth_list.set",
        "person.added",
        "shift.recorded",
        "shift.removed",
        "leave.added",
        "leave.removed",
        "floor.set",
        "floor.set",
        "hour_rules.set",
    ]
    said = ID.sub("", str(journal))  # an id may hold any digits
    assert "555" not in said
    assert "hospital.example" not in said
    with db.read() as session:
        rules = Duty(session, now).rules(hospital.facility.id)
    assert (rules.week, rules.source) == (48 * H, "Agreement of 2026")


def test_a_mobile_that_may_be_called_is_two_ways_and_five_addresses_are_the_most(
    db: Database, hospital: Hospital
) -> None:
    dov, boss = hospital.people[3].id, hospital.administrator
    for n in range(4):
        db.transact(actions.add_contact, boss, dov, kind="mobile", address=f"716 555 018{n}", calls=True)
    with pytest.raises(Invalid, match="at most 5"):
        db.transact(actions.add_contact, boss, dov, kind="email", address="dov@hospital.example")
    with pytest.raises(Invalid, match="has this number already"):
        db.transact(actions.add_contact, boss, dov, kind="landline", address="716 555 0180")
    for kind, address, said in (
        ("email", "no address", "must be a mail address"),
        ("email", "a..b@x.example", "must be a mail address"),
        ("landline", "911", "can be called"),
        ("pigeon", "x", "must be one of mobile, landline, email"),
    ):
        with pytest.raises(Invalid, match=said):
            db.transact(actions.add_contact, boss, dov, kind=kind, address=address)
    with db.read() as session:
        query = sa.select(ContactMethod).where(ContactMethod.person_id == dov)
        ways = session.scalars(query.order_by(ContactMethod.rank)).all()
    assert [way.channel for way in ways] == ["sms", *["sms", "voice"] * 4]
    assert [way.rank for way in ways] == list(range(1, 10))


def test_only_whoever_may_changes_shifts_leave_and_rules(db: Database, hospital: Hospital) -> None:
    ada, now = hospital.people[0], db.clock.now()
    where: dict[str, Any] = {"facility_id": hospital.facility.id}
    minutes = dict.fromkeys(
        ("week_minutes", "stretch_minutes", "rest_minutes", "rest_after_minutes", "call_in_minutes"), 600
    )
    works: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
        (actions.put_shifts, (), where | {"shifts": [], "source": "x"}),
        (actions.add_leave, (ada.id,), {"kind": "planned", "starts_at": now, "ends_at": now + H}),
        (actions.set_floor, (), where | {"unit": "ICU", "skill": "icu_nurse", "least": 1}),
        (actions.set_hours, (), where | {"valid_from": now, "source": "x"} | minutes),
        (actions.set_skill, (ada.id,), {"skill": "x"}),
        (actions.add_contact, (ada.id,), {"kind": "email", "address": "a@b.example"}),
    ]
    for action, args, kwargs in works:
        with pytest.raises(Forbidden):
            db.transact(action, hospital.commander, *args, **kwargs)
    with pytest.raises(NotFound):
        db.transact(
            actions.remove_shift, hospital.administrator, ada.id, "0192f000-0000-7000-8000-000000000000"
        )


def test_the_api_takes_shifts_and_says_who_is_on_duty(
    admin: PageClient, commander: PageClient, db: Database, hospital: Hospital
) -> None:
    night = {"start": "2026-11-22T19:00-05:00", "end": "2026-11-23T07:00-05:00"}
    rows = [
        {"employee_number": "SBMC-002", "unit": "ICU"} | night,
        {"employee_number": "SBMC-005", "unit": "ICU"} | night,
        {"employee_number": "SBMC-006", "kind": "on_call", "job": "nursing"} | night,
        {"employee_number": "SBMC-999"} | night,
    ]
    body = {"shifts": rows, "source": "scheduling"}
    answer = admin.api("POST", "/facilities/SBMC/shifts", 201, body)
    assert {k: answer[k] for k in ("added", "changed", "same", "removed")} == {
        "added": 3,
        "changed": 0,
        "same": 0,
        "removed": 0,
    }
    assert [r["row"] for r in answer["refused"]] == [4]
    assert admin.api("POST", "/facilities/SBMC/shifts", 201, body)["same"] == 3
    commander.api("POST", "/facilities/SBMC/shifts", 403, body)
    floor(db, hospital, "ICU", "icu_nurse", 2)
    found = commander.api("GET", "/facilities/SBMC/on-duty", 200)
    assert [(p["place"], [x["name"] for x in p["people"]]) for p in found["places"]] == [
        ("Intensive Care", ["Cleo Vance", "Finn Sayer"])
    ]
    assert [x["job"] for x in found["on_call"]] == ["nursing"]
    assert found["floors"] == [{"place": "Intensive Care", "skill": "icu_nurse", "least": 2, "on_duty": 2}]
    assert found["unknown_people"] == 5
    leave(db, hospital, hospital.people[2], -1, 5)
    found = commander.api("GET", "/facilities/SBMC/on-duty", 200)
    assert (found["floors"][0]["on_duty"], found["away"]) == (1, 1)
    commander.api("GET", "/facilities/NOPE/on-duty", 404)


@pytest.mark.engine("sqlite")
def test_a_file_of_shifts_is_uploaded_twice(admin: PageClient, hospital: Hospital) -> None:
    url = "/people/duty/SBMC/upload"
    admin.get(url)

    def upload(content: str, status: int = 200) -> str:
        data = {"file": (io.BytesIO(content.encode()), "november.csv")}
        return admin.post(url, data, status).text

    page = upload(FILE)
    assert "must come after the start" in page
    assert "there is no unit" in page
    assert "is nobody on this hospital" in page
    assert page.count('<tr><th scope="row" data-label="Row"') == 3
    again = upload(FILE)
    assert "There already</dt><dd>3" in again
    assert "the first line must name the columns" in upload("a,b\n1,2\n", 422)
    duty = admin.get("/people/duty/SBMC").text
    assert "Ben Orso" in duty
    assert "trauma surgery" in duty
    assert "5 of 8 people have no shift known" in duty


@pytest.mark.engine("sqlite")
def test_shifts_leave_and_skills_are_entered_on_the_page_of_a_person(
    admin: PageClient, hospital: Hospital, clock: ManualClock
) -> None:
    url = f"/people/{hospital.people[5].id}"
    assert "availability unknown" in admin.get(url).text.lower()
    form = {"date": "2026-11-22", "hours": "19:00-07:00", "kind": "planned", "unit": "ICU"}
    admin.post(f"{url}/shifts", form)
    page = admin.get(url).text
    assert "On duty until 07:00 in Intensive Care" in page
    assert "9 of 60 h" in page
    wrong = admin.post(f"{url}/shifts", form | {"hours": "other", "from_time": "7"}, 422).text
    assert "choose hours, or type both" in wrong
    assert (
        "clocks go forward"
        in admin.post(
            f"{url}/shifts",
            {
                "date": "2027-03-14",
                "hours": "other",
                "from_time": "02:30",
                "to_time": "10:00",
                "kind": "planned",
            },
            422,
        ).text
    )
    admin.post(f"{url}/leave", {"from_day": "2026-11-23", "to_day": "2026-11-24", "leave_kind": "training"})
    page = admin.get(url).text
    assert "On leave until Wednesday 00:00" in page
    assert (
        "must come after the beginning"
        in admin.post(
            f"{url}/leave", {"from_day": "2026-11-23", "to_day": "2026-11-20", "leave_kind": "training"}, 422
        ).text
    )
    admin.post(f"{url}/skills", {"skill": "Burn care", "valid_until": "2026-11-20"})
    assert "ran out 21 Nov 2026 00:00" in admin.get(url).text


@pytest.mark.engine("sqlite")
def test_floors_and_hours_are_set_on_the_page_of_the_duty(
    admin: PageClient, commander: PageClient, hospital: Hospital
) -> None:
    url = "/people/duty/SBMC"
    page = commander.get(url).text
    assert "nobody is known to be free" in page
    admin.post(f"{url}/floors", {"place": "unit:ICU", "skill": "icu_nurse", "least": "2"})
    assert "2 below" in admin.get(url).text
    assert (
        "must be a whole number"
        in admin.post(f"{url}/floors", {"place": "unit:ICU", "skill": "icu_nurse", "least": "two"}, 422).text
    )
    assert "choose one of the list" in admin.post(f"{url}/floors", {"place": "x", "least": "2"}, 422).text
    hours = {
        "week_minutes": "48",
        "stretch_minutes": "12",
        "rest_minutes": "11",
        "rest_after_minutes": "8",
        "call_in_minutes": "8",
    }
    assert "say whose figures" in admin.post(f"{url}/hours", hours, 422).text
    admin.post(f"{url}/hours", hours | {"source": "Agreement of 2026"})
    assert "Agreement of 2026" in admin.get(url).text
    commander.post(f"{url}/floors", {"place": "unit:ICU", "skill": "icu_nurse", "least": "2"}, 403)
    commander.get(f"{url}/upload", 403)
    admin.get("/people/duty/NOPE", 404)


@pytest.mark.engine("sqlite")
def test_a_roster_that_has_ended_is_said_to_have(
    app: Flask, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    shift(db, hospital, hospital.people[0], -1, 7)
    clock.advance(hours=8)
    commander = PageClient(app, hospital.commander)
    page = commander.get("/people/duty/SBMC").text
    assert "who is free now is not known" in page
    assert "availability unknown" in commander.get(f"/people/{hospital.people[0].id}").text.lower()
