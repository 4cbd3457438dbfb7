"""Two weeks of hourly counts for the demo hospitals, and two days of what their scores are made of."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from app.core.actor import Actor
from app.demo.crowding import crowding
from app.demo.feed import SOURCE
from app.demo.parts import Filling, part
from app.surge.actions import Given, enter

COUNTER = Actor.system("demo feed")


@part
def fill_readings(filling: Filling) -> None:
    readings = [
        Given(each.facility, each.unit, each.metric, each.value, each.at, SOURCE)
        for each in filling.data.readings()
    ]
    ends = filling.data.ends_at
    recent = [each for each in readings if each.observed_at > ends - timedelta(days=2)]
    rng = Random(f"{filling.data.seed}:crowding")
    spaces = {(u.facility, u.code): u.staffed_beds for u in filling.data.units if u.unit_class == "ed"}
    readings += [
        Given(each.facility, each.unit, metric, value, each.observed_at, SOURCE)
        for each in recent
        if each.metric == "occupied_beds" and (each.facility, each.unit) in spaces
        for metric, value in crowding(each.value, spaces[each.facility, each.unit], rng).items()
    ]
    entered = enter(filling.uow, COUNTER, readings=readings)
    assert not entered.refused, entered.refused[:3]
