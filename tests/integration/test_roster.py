"""The roster: actions, who may, and its pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.facilities.actions import create_facility, create_unit
from app.staffing import actions, queries
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build

CHIEF = "operations_section_chief"
UNIT = {
    "code": "5E",
    "name": "Five East",
    "unit_class": "med_surg",
    "licensed_beds": 20,
    "physical_beds": 20,
    "staffed_beds": 18,
}


@pytest.fixture
def admin(app: Flask, hospital: Hospital) -> PageClient:
    return PageClient(app, hospital.administrator)


def test_phones_are_added_verified_and_removed(db: Database, hospital: Hospital) -> None:
    ada, boss = hospital.people[0].id, hospital.administrator
    added = db.transact(actions.add_phone, boss, ada, phone="(716) 555-0177")
    assert (added.address, added.rank, added.verified_at) == ("+17165550177", 2, None)
    with pytest.raises(Invalid, match="has this number already"):
        db.transact(actions.add_phone, boss, ada, phone="716-555-0177")
    with pytest.raises(Invalid, match="can get texts"):
        db.transact(actions.add_phone, boss, ada, phone="12")
    assert db.transact(actions.verify_phone, boss, ada, added.id).verified_at is not None
    assert db.transact(actions.remove_phone, boss, ada, added.id) == "••••••••••77"
    with pytest.raises(NotFound):
        db.transact(actions.remove_phone, boss, ada, added.id)
    theirs = hospital.people[1].contacts[0].id
    with pytest.raises(NotFound):
        db.transact(actions.verify_phone, boss, ada, theirs)


def test_a_depth_list_is_replaced_whole(db: Database, hospital: Hospital) -> None:
    ids = [p.id for p in hospital.people]
    where: dict[str, Any] = {"facility_id": hospital.facility.id, "position": CHIEF}
    db.transact(actions.set_depth_list, hospital.administrator, **where, person_ids=[ids[3], ids[1], ids[6]])
    with db.read() as session:
        listed = queries.depth_list(session, hospital.facility.id, CHIEF)
    assert [p.id for p in listed] == [ids[3], ids[1], ids[6]]
    for wrong in ([ids[1], ids[1]], ["nobody"], [ids[1]] * 51):
        with pytest.raises(Invalid, match="person_id"):
            db.transact(actions.set_depth_list, hospital.administrator, **where, person_ids=wrong)
    db.transact(actions.set_active, hospital.administrator, ids[3], active=False)
    with db.read() as session:
        listed = queries.depth_list(session, hospital.facility.id, CHIEF)
    assert [p.id for p in listed] == [ids[1], ids[6]]


def test_people_are_added_once(db: Database, hospital: Hospital) -> None:
    new: dict[str, Any] = {"facility_id": hospital.facility.id, "name": "Ida Moss", "job_title": "Nurse"}
    made = db.transact(actions.add_person, hospital.administrator, **new, employee_number="N-1")
    assert (made.name, made.active) == ("Ida Moss", True)
    with pytest.raises(Conflict, match="belongs to Ida Moss"):
        db.transact(actions.add_person, hospital.administrator, **new, employee_number="N-1")
    for field, wrong in (("name", " "), ("job_title", "x" * 201), ("travel_minutes", 1441)):
        with pytest.raises(Invalid, match=field):
            db.transact(actions.add_person, hospital.administrator, **new | {field: wrong})


@pytest.mark.parametrize("role", ["commander", "command_staff", "staff", "leadership"])
def test_only_administrators_change_the_roster(db: Database, hospital: Hospital, role: str) -> None:
    actor, person = getattr(hospital, role), hospital.people[0]
    contact = person.contacts[0].id
    where: dict[str, Any] = {"facility_id": hospital.facility.id}
    works: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
        (actions.add_phone, (person.id,), {"phone": "716 555 0177"}),
        (actions.verify_phone, (person.id, contact), {}),
        (actions.remove_phone, (person.id, contact), {}),
        (actions.set_active, (person.id,), {"active": False}),
        (actions.add_person, (), where | {"name": "Ida", "job_title": "Nurse"}),
        (actions.set_depth_list, (), where | {"position": CHIEF, "person_ids": []}),
        (create_unit, (), where | UNIT),
        (create_facility, (), {"code": "NEW", "name": "N", "system_name": "S", "zone": "UTC"}),
    ]
    for action, args, kwargs in works:
        with pytest.raises(Forbidden):
            db.transact(action, actor, *args, **kwargs)


def test_an_administrator_of_one_hospital_leaves_others_alone(db: Database, hospital: Hospital) -> None:
    other = db.transact(build, code="TLH", name="Tamarack Lake Hospital")
    with pytest.raises(Forbidden):
        db.transact(actions.add_phone, hospital.administrator, other.people[0].id, phone="716 555 0177")


def test_hospitals_and_units_are_added_with_checks(db: Database, hospital: Hospital) -> None:
    boss, new = hospital.administrator, {"name": "New", "system_name": "System", "zone": "America/Denver"}
    made = db.transact(create_facility, boss, code="NEWH", **new)
    assert made.zone == "America/Denver"
    with pytest.raises(Conflict, match="NEWH"):
        db.transact(create_facility, boss, code="NEWH", **new)
    for field, wrong in (("code", "new h"), ("zone", "Mars/Olympus"), ("name", " ")):
        with pytest.raises(Invalid, match=field):
            db.transact(create_facility, boss, **{"code": "OTHER", **new, field: wrong})
    home = hospital.facility.id
    db.transact(create_unit, boss, facility_id=home, **UNIT)
    with pytest.raises(Conflict, match="5E"):
        db.transact(create_unit, boss, facility_id=home, **UNIT)
    for field, value in (
        ("unit_class", "spa"),
        ("licensed_beds", -1),
        ("staffed_beds", 21),
        ("patients_per_nurse", 0),
    ):
        with pytest.raises(Invalid, match=field):
            db.transact(create_unit, boss, facility_id=home, **UNIT | {"code": "6E", field: value})


@pytest.mark.engine("sqlite")
def test_the_list_of_people(commander: PageClient, hospital: Hospital) -> None:
    page = commander.get("/people").text
    assert "8 people" in page
    assert hospital.phone(0) not in page
    found = commander.get("/people?q=icu+nurse").text
    assert "Cleo Vance" in found
    assert "Ben Orso" not in found
    assert "Dov Maren" in commander.get("/people?skill=security_manager").text
    assert "Nobody found" in commander.get("/people?department=Nowhere").text


@pytest.mark.engine("sqlite")
def test_the_page_of_a_person(admin: PageClient, hospital: Hospital) -> None:
    url = f"/people/{hospital.people[0].id}"
    page = admin.get(url).text
    assert hospital.phone(0) not in page
    assert "Incident Commander, SBMC" in page
    wrong = admin.post(f"{url}/contacts", {"contact_kind": "mobile", "address": "5550123"}, 422).text
    assert "(202) 555-0123" in wrong
    assert 'value="5550123"' in wrong
    admin.post(f"{url}/contacts", {"contact_kind": "mobile", "address": "716 555 0177", "calls": "1"})
    contact = hospital.people[0].contacts[0].id
    admin.post(f"{url}/contacts/{contact}/verify")
    assert "verified" in admin.get(url).text
    admin.post(f"{url}/contacts/{contact}/remove")
    admin.post(f"{url}/active", {"active": "no"})
    assert "off the roster" in admin.get(url).text
    admin.get("/people/00000000-0000-7000-8000-000000000000", 404)


@pytest.mark.engine("sqlite")
def test_a_person_is_added_on_a_page(admin: PageClient) -> None:
    form = {"name": "Ida Moss", "job_title": "Nurse", "facility": "SBMC", "travel_minutes": "20"}
    assert "from 0 to 1440" in admin.post("/people/new", form | {"travel_minutes": "far"}, 422).text
    assert "known are SBMC" in admin.post("/people/new", form | {"facility": "NOPE"}, 422).text
    there = admin.post("/people/new", form).location
    assert "Ida Moss" in admin.get(there).text


@pytest.mark.engine("sqlite")
def test_the_depth_list_is_put_in_order(admin: PageClient, hospital: Hospital) -> None:
    admin.get("/people/depth/SBMC")
    url = f"/people/depth/SBMC/{CHIEF}"
    ben, dov = hospital.people[1], hospital.people[3]
    admin.post(url, {"person_id": ben.id, "move": "up"})
    page = admin.get(url).text
    assert page.index("Ben Orso") < page.index("Gita Lund")
    assert "Dov Maren" in admin.get(f"{url}?q=dov").text
    admin.post(url, {"person_id": dov.id, "move": "add"})
    admin.post(url, {"person_id": ben.id, "move": "remove"})
    page = admin.get(url).text
    assert "Ben Orso" not in page
    assert "up, down, remove, add" in admin.post(url, {"person_id": dov.id, "move": "sideways"}, 422).text
    assert "stands twice" in admin.post(url, {"person_id": dov.id, "move": "add"}, 422).text
    admin.get("/people/depth/NOPE", 404)
    admin.get("/people/depth/SBMC/captain", 404)


@pytest.mark.engine("sqlite")
def test_who_may_not_see_the_roster(app: Flask, hospital: Hospital) -> None:
    staff = PageClient(app, hospital.staff)
    staff.get("/people", 403)
    staff.get(f"/people/{hospital.people[0].id}", 403)
    command_staff = PageClient(app, hospital.command_staff)
    command_staff.get("/people")
    command_staff.post(f"/people/{hospital.people[0].id}/contacts", {"address": "716 555 0177"}, 403)
