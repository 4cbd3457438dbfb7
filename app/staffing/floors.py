"""The least that must stay on duty in a place: who may be taken from it, together and one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    """At least `least` with `skill` stay in `place`; `on_duty` are the ids of those who are there now."""

    place: str
    skill: str
    least: int
    on_duty: frozenset[str]

    def spare(self, taken: Collection[str] = ()) -> int:
        """How many more can go, beside those `taken`. Below 0: so many are missing already."""
        return len(self.on_duty.difference(taken)) - self.least


def broken_by(floors: Iterable[Floor], person_id: str, taken: Collection[str] = ()) -> Floor | None:
    """The floor that would not hold if this person went too; None when all hold, or if they are gone already."""
    if person_id in taken:
        return None
    return next((f for f in floors if person_id in f.on_duty and f.spare(taken) < 1), None)


def words(floor: Floor, skill: str) -> str:
    """`skill` as it is read aloud."""
    missing = max(0, -floor.spare())
    if missing:
        return f"{floor.place} is below its floor of {floor.least} ({skill}) already"
    return f"would take {floor.place} below its floor of {floor.least} ({skill})"
