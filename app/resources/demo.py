"""What the demo hospitals have in stock."""

from __future__ import annotations

from app.core.actor import Actor
from app.demo.parts import Filling, part
from app.resources.actions import seed_stock

STOREKEEPER = Actor.system("demo stock")


@part
def fill_stock(filling: Filling) -> None:
    for code, facility_id in filling.facilities.items():
        levels = {each.sku: (each.on_hand, each.par) for each in filling.data.stock if each.facility == code}
        seed_stock(filling.uow, STOREKEEPER, facility_id, levels)
