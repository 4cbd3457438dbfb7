"""The demo health system: three invented hospitals, their people, stock and two weeks of bed counts.

Nobody and nothing in it exists. The same seed and hour give the same system to the last byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from app.core.packs import read_csv
from app.demo import census
from app.demo.depth import depth_list
from app.demo.model import Account, DepthEntry, Facility, Person, Reading, StockLevel, Unit
from app.demo.people import staff
from app.facilities.unit_classes import UNIT_CLASSES
from app.resources import catalogue as stock_catalogue

DATA = Path(__file__).parent / "data"

SYSTEM_NAME = "Wren Valley Health"
NEW_YORK = "America/New_York"
FACILITIES = (
    Facility("SBMC", "St. Brigid Medical Center", NEW_YORK, 1.0),
    Facility("QRCH", "Quill River Community Hospital", NEW_YORK, 0.2),
    Facility("TLH", "Tamarack Lake Hospital", NEW_YORK, 0.1),
)
LOW_STOCK_CHANCE = 0.12
SEED = 1974


@dataclass(frozen=True, slots=True)
class DemoData:
    """All of the demo system. `ends_at` is the hour of the last reading, in UTC."""

    seed: int
    ends_at: datetime
    system_name: str
    facilities: tuple[Facility, ...]
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    depth: tuple[DepthEntry, ...]
    stock: tuple[StockLevel, ...]
    accounts: tuple[Account, ...]

    def readings(self) -> Iterator[Reading]:
        """Hourly counts of every unit for fourteen days, oldest first. Each call starts afresh."""
        return census.readings(self.facilities, self.units, self.seed, self.ends_at)


def generate(ends_at: datetime, seed: int = SEED) -> DemoData:
    """Build the demo system, with readings up to the full hour at or before `ends_at`.

    Raises ValueError when `ends_at` has no time zone.
    """
    if ends_at.utcoffset() is None:
        raise ValueError("ends_at: must have a time zone")
    last = ends_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    people = staff(FACILITIES, Random(f"{seed}:people"))
    depth = depth_list(FACILITIES, people)
    return DemoData(
        seed=seed,
        ends_at=last,
        system_name=SYSTEM_NAME,
        facilities=FACILITIES,
        units=units(),
        people=people,
        depth=depth,
        stock=_stock(Random(f"{seed}:stock")),
        accounts=_accounts(people, depth),
    )


def units() -> tuple[Unit, ...]:
    return tuple(
        Unit(
            facility=row.choice("facility", [facility.code for facility in FACILITIES]),
            code=row.text("code"),
            name=row.text("name"),
            unit_class=row.choice("unit_class", UNIT_CLASSES),
            staffed_beds=row.integer("staffed_beds", 1, 100),
            physical_beds=row.integer("physical_beds", 1, 100),
            licensed_beds=row.integer("licensed_beds", 0, 100),
            patients_per_nurse=row.integer("patients_per_nurse", 1, 8),
            usual_percent=row.integer("usual_percent", 1, 100),
        )
        for row in read_csv(DATA / "units.csv", *Unit.__dataclass_fields__)
    )


def _stock(rng: Random) -> tuple[StockLevel, ...]:
    """Most items near their par level, a few low. An item too special for a small hospital has no row."""
    levels = []
    for facility in FACILITIES:
        for item in stock_catalogue.items():
            par = round(item.par * facility.size)
            share = rng.uniform(0.3, 0.6) if rng.random() < LOW_STOCK_CHANCE else rng.uniform(0.8, 1.15)
            if par:
                levels.append(StockLevel(facility.code, item.sku, par, round(par * share)))
    return tuple(levels)


def _accounts(people: Sequence[Person], depth: Sequence[DepthEntry]) -> tuple[Account, ...]:
    """The six people who can sign in: by job, or first choice for a position."""
    by_job = {(person.facility, person.job): person.number for person in reversed(people)}
    first = {(entry.facility, entry.position): entry.person for entry in depth if entry.rank == 1}
    return (
        Account("administrator@demo.example", "administrator", by_job["SBMC", "emergency_manager"], None),
        Account("commander@demo.example", "commander", first["SBMC", "incident_commander"], "SBMC"),
        Account("chief@demo.example", "command_staff", first["SBMC", "operations_section_chief"], "SBMC"),
        Account("staff@demo.example", "staff", by_job["SBMC", "icu_nurse"], "SBMC"),
        Account("leader@demo.example", "leadership", by_job["SBMC", "ceo"], None),
        Account("commander.tlh@demo.example", "commander", first["TLH", "incident_commander"], "TLH"),
    )
