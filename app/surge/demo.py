"""Two weeks of hourly counts for the demo hospitals, and two days of what their scores are made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from app.core.actor import Actor
from app.demo.crowding import crowding
from app.demo.feed import SOURCE
from app.demo.parts import Filling, part
from app.surge.actions import Given, enter
from app.surge.demo_basis import fill_more

COUNTER = Actor.system("demo feed")


@part
def fill_readings(filling: Filling) -> None:
    readings = [
        Given(each.facility, each.unit, each.metric, each.value, each.at, SOURCE)
        for each in filling.data.readings()
    ]
    readings += list(_crowding(filling, readings))
    entered = enter(filling.uow, COUNTER, readings=readings)
    assert not entered.refused, entered.refused[:3]
    fill_more(filling)


def _crowding(filling: Filling, readings: list[Given]) -> Iterator[Given]:
    since = filling.data.ends_at - timedelta(days=2)
    rng = Random(f"{filling.data.seed}:crowding")
    spaces = {(u.facility, u.code): u.staffed_beds for u in filling.data.units if u.unit_class == "ed"}
    for each in readings:
        place = (each.facility, each.unit)
        if each.observed_at > since and each.metric == "occupied_beds" and place in spaces:
            for metric, value in crowding(each.value, spaces[place], rng).items():
                yield Given(*place, metric, value, each.observed_at, SOURCE)
