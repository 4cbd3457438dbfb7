"""Small pure rules that actions and pages share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import Invalid


@dataclass(frozen=True)
class Seat:
    """A position on the chart as one incident has it. `reports_to` is None for the commander alone."""

    slug: str
    title: str
    reports_to: str | None
    holder: str | None = None


Chart = Mapping[str, Seat]


def required_text(field: str, text: str | None, most: int) -> str:
    """The text without outer white space. Raises Invalid when empty or longer than `most` characters."""
    cleaned = (text or "").replace("\x00", "").strip()
    if not cleaned:
        raise Invalid.field(field, "must not be empty")
    return within(field, cleaned, most)


def optional_text(field: str, text: str | None, most: int) -> str:
    """The same, but empty is allowed."""
    return within(field, (text or "").replace("\x00", "").strip(), most)


def within(field: str, text: str, most: int) -> str:
    if len(text) > most:
        raise Invalid.field(field, f"has {len(text)} characters; {most} are allowed")
    return text


def responsible(chart: Chart, slug: str) -> Seat | None:
    """Whose work this position's is now: its holder's, or while unfilled the nearest filled supervisor's.

    HICS 2014 says so of the tracking managers (Planning sheet); hospitals hold to it for the whole chart.
    None when nobody up to the commander is there.
    """
    seat = chart.get(slug)
    for _ in chart:
        if seat is None or seat.holder is not None:
            return seat
        seat = chart.get(seat.reports_to or "")
    return None


def reporting_to(chart: Chart, slug: str) -> list[Seat]:
    """The filled positions whose holders report to this one, those of unfilled positions between included."""
    return [
        seat
        for seat in chart.values()
        if seat.holder is not None
        and seat.reports_to is not None
        and (superior := responsible(chart, seat.reports_to)) is not None
        and superior.slug == slug
    ]


def span_of_control_hint(reports: int) -> str | None:
    """NIMS: five is best, a guideline and never a block; 3 to 7 was the earlier range."""
    if reports > 7:
        return f"{reports} people report here; more than 7 is hard to lead"
    if reports > 5:
        return f"{reports} people report here; 5 is a good number"
    return None
