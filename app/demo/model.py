"""What the demo hospital is made of: plain values, tied together by codes and numbers."""

from dataclasses import dataclass
from datetime import datetime

METRICS = ("staffed_beds", "occupied_beds", "blocked_beds")
ROLES = ("administrator", "commander", "command_staff", "staff", "leadership")


@dataclass(frozen=True, slots=True)
class Facility:
    """An invented hospital. `size` compares it with the main one, which has 1.0."""

    code: str
    name: str
    zone: str
    size: float


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its beds.

    Licensed beds are 0 where the spaces are treatment places and not licensed as beds (emergency,
    recovery). `usual_percent` is the share of staffed beds in use that the generator aims at.
    """

    facility: str
    code: str
    name: str
    unit_class: str
    staffed_beds: int
    physical_beds: int
    licensed_beds: int
    patients_per_nurse: int
    usual_percent: int


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who works in the system. `number` is the employee number, `supervisor` another one's.

    Only the head of the system has no supervisor. `skills` are different slugs in alphabetical order.
    """

    number: str
    given_name: str
    family_name: str
    job: str
    job_title: str
    department: str
    skills: tuple[str, ...]
    facility: str
    phone: str
    email: str
    travel_minutes: int
    hire_year: int
    supervisor: str | None


@dataclass(frozen=True, slots=True)
class DepthEntry:
    """A person who can hold a position at a hospital; rank 1 is asked first."""

    facility: str
    position: str
    rank: int
    person: str


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What a hospital has of an item, in its unit of issue, and what it means to have."""

    facility: str
    sku: str
    par: int
    on_hand: int


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can sign in. `facility` is None for the whole system."""

    email: str
    role: str
    person: str
    facility: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A count in a unit at an hour, in UTC."""

    facility: str
    unit: str
    metric: str
    at: datetime
    value: int
