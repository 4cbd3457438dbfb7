"""A small hospital, the same for every test."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.accounts.actions import create_account
from app.accounts.identity import actor_of
from app.core.actor import Actor, Grant
from app.core.db import UnitOfWork
from app.core.permissions import Role
from app.facilities.models import Facility, Unit
from app.staffing.models import ContactMethod, DepthEntry, Person, Skill

PASSWORD = "a long enough password"
SETUP = Actor("system", "tests", "Tests", (Grant(Role.ADMINISTRATOR),))

PEOPLE = (
    ("Ada Quill", "House supervisor"),
    ("Ben Orso", "Emergency physician"),
    ("Cleo Vance", "ICU nurse"),
    ("Dov Maren", "Security manager"),
    ("Edda Roth", "Supply manager"),
    ("Finn Sayer", "ICU nurse"),
    ("Gita Lund", "Chief nursing officer"),
    ("Hal Brook", "Emergency nurse"),
)
UNITS = (
    ("ICU", "Intensive Care", "icu", 12),
    ("4W", "Four West", "med_surg", 30),
    ("ED", "Emergency", "ed", 24),
)
# Position to people, best first, by index in PEOPLE.
DEPTH = {
    "incident_commander": (0, 6),
    "operations_section_chief": (6, 1),
    "medical_care_branch_director": (1, 7, 2),
    "logistics_section_chief": (4,),
    "security_branch_director": (3,),
    "safety_officer": (3, 5),
}


@dataclass
class Hospital:
    facility: Facility
    units: dict[str, Unit] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    administrator: Actor = SETUP
    commander: Actor = SETUP
    command_staff: Actor = SETUP
    staff: Actor = SETUP
    leadership: Actor = SETUP

    def phone(self, index: int) -> str:
        return self.people[index].contacts[0].address


def build(uow: UnitOfWork, code: str = "SBMC", name: str = "St. Brigid Medical Center") -> Hospital:
    facility = Facility(
        id=uow.new_id(), code=code, name=name, system_name="Harbor Health", zone="America/New_York"
    )
    uow.session.add(facility)
    uow.session.flush()
    hospital = Hospital(facility)
    for unit_code, unit_name, unit_class, beds in UNITS:
        unit = Unit(
            id=uow.new_id(),
            facility_id=facility.id,
            code=unit_code,
            name=unit_name,
            unit_class=unit_class,
            licensed_beds=beds + 2,
            physical_beds=beds + 1,
            staffed_beds=beds,
            patients_per_nurse=2 if unit_class == "icu" else 5,
        )
        uow.session.add(unit)
        hospital.units[unit_code] = unit
    for index, (person_name, job) in enumerate(PEOPLE):
        hospital.people.append(_person(uow, facility, index, person_name, job))
    for slug, order in DEPTH.items():
        for rank, index in enumerate(order, 1):
            person_id = hospital.people[index].id
            entry = DepthEntry(
                id=uow.new_id(), facility_id=facility.id, position_slug=slug, rank=rank, person_id=person_id
            )
            uow.session.add(entry)
    for index, role in enumerate(
        (Role.COMMANDER, Role.COMMAND_STAFF, Role.STAFF, Role.LEADERSHIP, Role.ADMINISTRATOR)
    ):
        account, _ = create_account(
            uow,
            SETUP,
            email=f"{role.value}.{code.lower()}@demo.example",
            role=role,
            facility_id=facility.id,
            person_id=hospital.people[index].id,
            password=PASSWORD,
        )
        setattr(hospital, role.value, actor_of(account))
    return hospital


def _person(uow: UnitOfWork, facility: Facility, index: int, name: str, job: str) -> Person:
    # One area code a hospital, so that two hospitals share no number.
    area = 202 + sum(map(ord, facility.code)) % 700
    person = Person(
        id=uow.new_id(),
        facility_id=facility.id,
        employee_number=f"{facility.code}-{index:03d}",
        name=name,
        job_title=job,
        department="",
        travel_minutes=10 + 5 * index,
    )
    uow.session.add(person)
    uow.session.flush()
    person.contacts.append(
        ContactMethod(
            id=uow.new_id(), person_id=person.id, channel="sms", address=f"+1{area}55501{index:02d}", rank=1
        )
    )
    person.skills.append(Skill(person_id=person.id, slug=job.lower().replace(" ", "_")))
    uow.session.flush()
    return person
