"""Alarms and their load in words, for the page, the sheet of a week and its CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.alarms.load import Load
from app.alarms.rules import CHATTERS, LIMITS, Alarm, Restless

FORMULA = "=+-@\t\r"


def parts(alarms: Sequence[Alarm]) -> str:
    """How many of which S, the most first: "space 4, staff 3 (2 concern life), other 1"."""
    found: dict[str, list[Alarm]] = {}
    for each in alarms:
        found.setdefault(each.resource or "other", []).append(each)
    most_first = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return ", ".join(f"{name} {len(mine)}{_concerns_life(mine)}" for name, mine in most_first)


def _concerns_life(alarms: Sequence[Alarm]) -> str:
    number = sum(1 for each in alarms if each.life_safety)
    return f" ({number} concern{'s' if number == 1 else ''} life)" if number else ""


def trigger_of(cause: str) -> str:
    """The id of the trigger that is the cause; empty when it is something else."""
    return cause.removeprefix("trigger:") if cause.startswith("trigger:") else ""


def advice(found: Restless | None) -> str:
    """What to change about a cause that is restless; None: about one that only stands."""
    if found is None:
        return "A limit the place lives at warns of nothing. Raise the limit, or let it lead to a decision and clear."
    if found.kind == CHATTERS:
        return "Raise the time it must last before it fires, or clear it further from its limit."
    return "Clear it further from its limit, or only after a longer time."


def lasted(length: timedelta | None) -> str:
    if length is None:
        return "none"
    minutes = length.total_seconds() / 60
    if minutes < 1:
        return "under 1 min"
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 60 / 24:.1f} days"


def figures(load: Load) -> list[tuple[str, str, str, bool]]:
    """Name, value, what it should be, and whether it is."""
    critical, quiet = load.critical_share, load.quiet_share
    return [
        ("Alarms", str(load.alarms), "", True),
        (
            "A day",
            f"{load.per_day:.1f}, {load.verdict}",
            f"up to {LIMITS.manageable}; {LIMITS.too_many} are too many",
            load.per_day <= LIMITS.manageable,
        ),
        ("On the busiest day", str(load.busiest_day), "", True),
        (
            "Time in flood",
            f"{load.flood_share:.2f} %",
            f"under {LIMITS.flood_share:g} %",
            load.flood_share < LIMITS.flood_share,
        ),
        ("Floods", str(len(load.floods)), "", True),
        (
            "Critical",
            _percent(critical),
            f"at most {LIMITS.critical_share:g} %",
            critical is None or critical <= LIMITS.critical_share,
        ),
        ("Low or medium", _percent(quiet), f"about {LIMITS.quiet_share:g} %", quiet is None or quiet >= 70),
    ]


def sheet(this: Load, before: Load) -> Iterator[list[str]]:
    """The rows of the CSV: by role, with the week before beside it."""
    yield [
        "week",
        "role",
        "alarms",
        "answered",
        "median_minutes_to_answer",
        "put_aside",
        "unanswered",
        "most_in_10_minutes",
        "floods",
    ]
    for name, load in (("this", this), ("before", before)):
        for role in load.roles:
            middle = role.median_answer
            numbers = (role.shelved, role.unanswered, role.peak, role.floods)
            minutes = "" if middle is None else f"{middle.total_seconds() / 60:.1f}"
            yield [name, _safe(role.role), str(role.alarms), str(role.answered), minutes, *map(str, numbers)]
    yield []
    yield ["week", "figure", "value"]
    for name, load in (("this", this), ("before", before)):
        for label, value, _, _ in figures(load):
            yield [name, label, value]
    yield []
    yield ["week", "restless", "kind", "changes", "alarms"]
    for each in this.restless:
        yield ["this", _safe(each.title), each.kind, str(each.changes), str(each.alarms)]
    yield []
    yield ["week", "standing_over_24_hours", "since"]
    for alarm in this.standing:
        yield ["this", _safe(alarm.title), alarm.at.isoformat()]


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1f} %"


def _safe(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in FORMULA else text
