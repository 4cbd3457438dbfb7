"""Two weeks of hourly counts for the demo hospitals."""

from __future__ import annotations

from app.core.actor import Actor
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
    entered = enter(filling.uow, COUNTER, readings=readings)
    assert not entered.refused, entered.refused[:3]
    fill_more(filling)
