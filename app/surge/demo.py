"""Two weeks of hourly counts for the demo hospitals, and what their numbers rest on."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from app.core.actor import Actor, Grant
from app.core.permissions import Role
from app.demo.feed import SOURCE
from app.demo.filling import insert
from app.demo.more import more
from app.demo.parts import Filling, part
from app.facilities.actions import choose_ratios, say_counting
from app.facilities.actions.setup import NUMBERS
from app.facilities.counting import QUESTIONS
from app.facilities.models import SetUpNumber
from app.surge.actions import Given, enter
from app.surge.actions.spaces import add_space, move_space
from app.surge.spaces import read_needs

COUNTER = Actor.system("demo feed")
PLANNER = Actor("system", "demo", "Demo data", (Grant(Role.ADMINISTRATOR),))
SET_UP_DAYS = 900

ALIKE = {slug: next(iter(question.answers)) for slug, question in QUESTIONS.items()}
COUNTS = {"SBMC": ALIKE, "QRCH": ALIKE, "TLH": ALIKE | {"observation": "excluded", "recovery": "excluded"}}
SPACES = (
    (
        "SBMC",
        "Recovery bays 9 to 16",
        "icu",
        8,
        4,
        True,
        "4 ICU nurse\n1 respiratory therapist",
        "8 monitors and 8 ventilators from the equipment store; oxygen is at the wall",
    ),
    (
        "SBMC",
        "Endoscopy suite",
        "med_surg",
        6,
        12,
        False,
        "2 RN\n1 nursing assistant",
        "6 beds from the bed store; portable suction",
    ),
    (
        "SBMC",
        "Former 7 West",
        "med_surg",
        24,
        48,
        True,
        "5 RN\n3 nursing assistant",
        "24 beds; call lights and medical gas to be tested by facilities",
    ),
    (
        "SBMC",
        "Cafeteria hall",
        "observation",
        30,
        72,
        False,
        "8 RN\n4 nursing assistant",
        "30 cots, screens, 30 oxygen concentrators",
    ),
)


@part
def fill_readings(filling: Filling) -> None:
    readings, last = [], {}
    for each in filling.data.readings():
        readings.append(Given(each.facility, each.unit, each.metric, each.value, each.at, SOURCE))
        last[each.facility, each.unit, each.metric] = each.value
    zones = {facility.code: ZoneInfo(facility.zone) for facility in filling.data.facilities}
    at = filling.data.ends_at
    for unit in filling.data.units:
        beds = [last[unit.facility, unit.code, f"{name}_beds"] for name in ("staffed", "occupied", "blocked")]
        for metric, value in more(unit, zones[unit.facility], at, *beds).items():
            readings.append(Given(unit.facility, unit.code, metric, value, at, SOURCE))
    entered = enter(filling.uow, COUNTER, readings=readings)
    assert not entered.refused, entered.refused[:3]


@part
def fill_basis(filling: Filling) -> None:
    """How the hospitals count, which ratios they go by, and areas of the first that can become beds."""
    uow = filling.uow
    since = uow.now - timedelta(days=SET_UP_DAYS)
    for code, answers in COUNTS.items():
        facility_id = filling.facilities[code]
        say_counting(uow, PLANNER, facility_id, answers=answers, reason="Set up with the demo", since=since)
        choose_ratios(
            uow, PLANNER, facility_id, ratio_set="california_title_22", reason="House rule of the demo"
        )
    insert(
        uow,
        SetUpNumber,
        [
            {
                "unit_id": unit_id,
                "name": name,
                "since": since,
                "set_by": PLANNER.name,
                "set_at": since,
                "reason": "Set up with the demo",
            }
            for unit_id in filling.units.values()
            for name in NUMBERS
        ],
    )
    for code, area, unit_class, beds, hours, licensed, staff, stuff in SPACES:
        space = add_space(
            uow,
            PLANNER,
            filling.facilities[code],
            area=area,
            unit_class=unit_class,
            beds=beds,
            hours_to_open=hours,
            licensed=licensed,
            staff=read_needs(staff),
            stuff=stuff,
        )
        if area == "Endoscopy suite":
            move_space(uow, PLANNER, space.id, state="opening", reason="Wards are filling")
