"""What a trigger can watch: one number of a class of units, made of readings, with what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.surge import scoring
from app.surge.facts import Fact, Facts, Parts, UnitBeds
from app.surge.windows import UNKNOWN, Bounds

__all__ = ["MEASURES", "Fact", "Facts", "Measure", "Parts", "UnitBeds", "suits"]

STAFFED, OCCUPIED = "staffed_beds", "occupied_beds"
ANY, EMERGENCY, WHOLE = "any", "ed", "whole_hospital"
SHARE, FREE_SHARE, FREE, COUNT, LONGEST, SCORE = "share", "free_share", "free", "count", "longest", "score"
_WITHOUT_BEDS = 1000.0
"""The occupancy of a unit with patients and no staffed bed: too high for any limit."""


@dataclass(frozen=True)
class Measure:
    """`part` and `whole` are metrics; the whole "physical" is what is set up. `words` has {used}, {of} and {free}.
    Of the form SCORE, `part` is the name of a score, which is worked out from all its inputs.
    """

    slug: str
    label: str
    definition: str
    unit: str
    form: str
    part: str
    words: str
    whole: str = ""
    place: str = ANY

    @property
    def metrics(self) -> tuple[str, ...]:
        """The readings it is made of."""
        if self.form == SCORE:
            return scoring.metrics_of(self.part)
        return tuple(name for name in (self.part, self.whole) if name and name != "physical")

    def parts(self, units: Iterable[UnitBeds], facts: Facts) -> Parts:
        if self.form == SCORE:
            bounds, words = scoring.bounds(self.part, list(units), facts)
            return Parts(0, None, complete=bounds.known, bounds=bounds, words=words)
        used, of, complete = 0, 0, True
        for unit in units:
            part = facts(unit.id, self.part)
            if part is not None and part.fresh:
                used = max(used, part.value) if self.form == LONGEST else used + part.value
            else:
                complete = False
            if self.whole:
                most = self._most(unit, facts)
                if most is None:
                    return Parts(used, None, complete=False)
                of += most.value
                complete = complete and most.fresh
        return Parts(used, of, complete)

    def _most(self, unit: UnitBeds, facts: Facts) -> Fact | None:
        """How many there are, or, when that is stale, the most there can be."""
        if self.whole == "physical":
            return Fact(unit.physical, fresh=True)
        whole = facts(unit.id, self.whole)
        if self.whole == STAFFED:
            if whole is None:
                return Fact(unit.staffed, fresh=True)
            return whole if whole.fresh else Fact(max(whole.value, unit.physical), fresh=False)
        return whole if whole is not None and whole.fresh else None

    def bounds(self, parts: Parts) -> Bounds:
        """Where the value lies, as far as the parts tell."""
        if parts.bounds is not None:
            return parts.bounds
        if parts.of is None:
            return UNKNOWN
        value = self._value(parts.used, parts.of)
        if value is None:
            return UNKNOWN
        if parts.complete:
            return Bounds(value, value)
        if self.form in (FREE, FREE_SHARE):
            return Bounds(None, value)
        return Bounds(value, None) if parts.used else UNKNOWN

    def _value(self, used: int, of: int) -> float | None:
        if self.form in (COUNT, LONGEST):
            return float(used)
        if self.form == FREE:
            return float(max(0, of - used))
        if of <= 0 and used <= 0:
            return None
        share = used * 100 / of if of > 0 else _WITHOUT_BEDS
        return share if self.form == SHARE else max(0.0, 100 - share)

    def said(self, parts: Parts) -> str:
        if self.form == SCORE:
            return parts.words
        of = parts.of or 0
        return self.words.format(used=parts.used, of=of, free=max(0, of - parts.used))


_ALL = (
    Measure("occupancy", "Occupancy", "Occupied beds as percent of staffed beds, all units of the class together.",
            "%", SHARE, OCCUPIED, "{used} of {of} beds in use", STAFFED),
    Measure("free_share", "Beds free", "Staffed beds that nobody lies in, as percent of staffed beds.",
            "%", FREE_SHARE, OCCUPIED, "{free} of {of} beds free", STAFFED),
    Measure("free_beds", "Free beds", "Staffed beds that nobody lies in.",
            "beds", FREE, OCCUPIED, "{free} of {of} beds free", STAFFED),
    Measure("occupied", "Occupied beds", "Patients in beds of the class.",
            "beds", COUNT, OCCUPIED, "{used} beds in use"),
    Measure("staffed_share", "Beds with staff", "Staffed beds as percent of the physical beds set up.",
            "%", SHARE, STAFFED, "{used} of {of} beds staffed", "physical"),
    Measure("blocked", "Blocked beds", "Physical beds that cannot be used now.",
            "beds", COUNT, "blocked_beds", "{used} beds blocked"),
    Measure("ed_patients", "Patients in the emergency department", "Everybody who is there.",
            "patients", COUNT, "ed_patients", "{used} patients", place=EMERGENCY),
    Measure("ed_boarding", "Admitted patients waiting in the emergency department",
            "Patients with a decision to admit who are still in the emergency department.",
            "patients", COUNT, "ed_boarding", "{used} patients waiting for a bed", place=EMERGENCY),
    Measure("ed_longest_wait", "Longest wait in the emergency department", "Hours since the longest waiting came.",
            "hours", LONGEST, "ed_longest_wait", "{used} hours", place=EMERGENCY),
    Measure("ed_longest_boarding", "Longest boarding time",
            "Minutes since the decision to admit, of the admitted patient who has waited longest.",
            "minutes", LONGEST, "ed_longest_boarding_minutes", "{used} minutes", place=EMERGENCY),
    Measure("ed_occupancy", "Emergency department occupancy",
            "Everybody who is there, as percent of the staffed treatment spaces.",
            "%", SHARE, "ed_patients", "{used} patients in {of} treatment spaces", STAFFED, EMERGENCY),
    Measure("boarding_hours", "Boarding hours",
            "Hours since the decision to admit, added up over the patients who wait for a bed.",
            "hours", SCORE, "boarding_hours", "", place=EMERGENCY),
    Measure("nedocs", "NEDOCS", "Crowding from 0 to 200, rounded; beyond 200 it goes on.",
            "", SCORE, "nedocs", "", place=EMERGENCY),
    Measure("cedocs", "CEDOCS", "Crowding of a community department, on the scale of NEDOCS; beyond 200 it goes on.",
            "", SCORE, "cedocs", "", place=EMERGENCY),
    Measure("edwin", "EDWIN", "Work for each attending and free bay; above 2 is crowded.",
            "", SCORE, "edwin", "", place=EMERGENCY),
    Measure("icmed", "ICMED violations", "How many of the eight measures are violated; 3 is crowded.",
            "violations", SCORE, "icmed", "", place=EMERGENCY),
    Measure("ventilators_free", "Ventilators free", "Ventilators not in use, as percent of those that work.",
            "%", FREE_SHARE, "ventilators_used", "{free} of {of} ventilators free", "ventilators", WHOLE),
    Measure("staff_absent", "Staff ill or absent", "People absent as percent of those rostered today.",
            "%", SHARE, "staff_absent", "{used} of {of} absent", "staff_rostered", WHOLE),
    Measure("diverting", "On divert", "1 while ambulances are sent elsewhere, 0 while not.",
            "", COUNT, "diverting", "on divert: {used}", place=WHOLE),
    Measure("systems_down", "Systems down", "Utilities and computer systems that patients need and that have failed.",
            "systems", COUNT, "systems_down", "{used} systems down", place=WHOLE),
    Measure("shortages", "Shortages notified", "Items of which a supplier has said that they will run short.",
            "items", COUNT, "shortages", "{used} items", place=WHOLE),
)  # fmt: skip
MEASURES = {measure.slug: measure for measure in _ALL}


def suits(measure: Measure, unit_class: str) -> bool:
    """Whether units of this class have what it is made of."""
    if measure.place == ANY:
        return unit_class != WHOLE or measure.part in (OCCUPIED, STAFFED, "blocked_beds")
    return measure.place == unit_class
