"""The form of a trigger: from what is typed to a definition, and back."""

from __future__ import annotations

from app.core.errors import Invalid
from app.surge.capacity import CLASS_WORDS
from app.surge.definitions import (
    COMPARISON_WORDS,
    DAY,
    RESOURCES,
    SEVERITIES,
    WINDOW_WORDS,
    WORDS_OF_KIND,
    Definition,
    amount,
)
from app.surge.levels import Ladder
from app.surge.measures import MEASURES, WHOLE
from app.surge.packs import PLACES
from app.surge.triggers import Rule
from app.surge.windows import NOW, PROJECTED
from app.web.forms import typed

UNITS = {"minutes": 1, "hours": 60, "days": DAY}
TIMES = ("on_delay", "off_delay", "min_hold", "window_minutes", "horizon_minutes", "stale_after")
LABELS = {
    "title": "Name",
    "measure": "What is watched",
    "unit_class": "Where",
    "window": "How it is looked at",
    "window_minutes": "Over how long",
    "horizon_minutes": "How far ahead",
    "comparison": "Fires when it is",
    "threshold": "This number",
    "on_delay": "For this long",
    "clear_limit": "Clears when it is back past",
    "off_delay": "For this long, to clear",
    "min_hold": "Stands at least",
    "stale_after": "A number is too old after",
    "kind": "What it is",
    "resource": "Which of the four S",
    "severity": "How grave",
    "recommends_rank": "Level it recommends",
    "scripted": "Scripted",
    "action": "What to do",
    "source": "Where the limit comes from",
    "reason": "Why",
    "until": "Until",
}


def place_words(unit_class: str) -> str:
    return "the whole hospital" if unit_class == WHOLE else CLASS_WORDS[unit_class]


def choices(ladder: Ladder) -> dict[str, list[tuple[str, str]]]:
    return {
        "measures": [(m.slug, f"{m.label}, {m.unit}" if m.unit else m.label) for m in MEASURES.values()],
        "places": [(slug, place_words(slug)) for slug in PLACES],
        "windows": list(WINDOW_WORDS.items()),
        "comparisons": list(COMPARISON_WORDS.items()),
        "kinds": list(WORDS_OF_KIND.items()),
        "resources": list(RESOURCES.items()),
        "severities": [(each, each) for each in SEVERITIES],
        "levels": [("0", "None: it only tells")]
        + [(str(each.rank), f"{each.label}, {each.band}") for each in ladder.above(0)],
        "units": [(name, name) for name in UNITS],
    }


def form_of(definition: Definition) -> dict[str, str]:
    """What stands in the fields."""
    rule = definition.rule
    data = {
        "title": definition.title,
        "measure": definition.measure,
        "unit_class": definition.unit_class,
        "window": rule.window,
        "comparison": rule.comparison,
        "threshold": plain(rule.threshold),
        "clear_limit": plain(rule.clear_limit),
        "kind": definition.kind,
        "resource": definition.resource,
        "severity": definition.severity,
        "recommends_rank": str(definition.recommends_rank),
        "scripted": "1" if definition.scripted else "",
        "action": definition.action,
        "source": definition.source,
    }
    for name in TIMES:
        minutes = getattr(rule, name)
        data[name], data[f"{name}_unit"] = "", "hours"
        if minutes is not None and (minutes or name in ("on_delay", "off_delay")):
            unit = next(u for u in ("days", "hours", "minutes") if minutes % UNITS[u] == 0)
            unit = "minutes" if minutes == 0 else unit
            data[name], data[f"{name}_unit"] = str(minutes // UNITS[unit]), unit
    return data


def definition_typed() -> Definition:
    """Raises Invalid naming every field that cannot be read."""
    errors: dict[str, list[str]] = {}
    threshold, limit = _number("threshold", errors), _number("clear_limit", errors, optional=True)
    times = {name: _minutes(name, errors) for name in TIMES}
    rank = typed("recommends_rank", "0") or "0"
    if not rank.isdecimal() or len(rank) > 2:
        errors["recommends_rank"] = ["choose one of the levels"]
    comparison, window = typed("comparison"), typed("window", NOW)
    gap = 0.0
    if threshold is not None and limit is not None and comparison in COMPARISON_WORDS:
        gap = round(threshold - limit if comparison in ("above", "at_least") else limit - threshold, 9)
        if gap < 0:
            side = "below" if comparison in ("above", "at_least") else "above"
            errors["clear_limit"] = [f"must be the limit itself, or {side} it"]
    if errors:
        raise Invalid("; ".join(f"{name}: {found[0]}" for name, found in errors.items()), errors)
    rule = Rule(
        comparison,
        threshold or 0.0,
        times["on_delay"] or 0,
        times["off_delay"] or 0,
        gap,
        times["min_hold"] or 0,
        times["stale_after"],
        window,
        (times["window_minutes"] or 0) if window != NOW else 0,
        (times["horizon_minutes"] or 0) if window == PROJECTED else 0,
    )
    return Definition(
        title=typed("title"),
        measure=typed("measure"),
        unit_class=typed("unit_class"),
        rule=rule,
        kind=typed("kind"),
        scripted=bool(typed("scripted")),
        resource=typed("resource"),
        severity=typed("severity"),
        recommends_rank=int(rank),
        action=typed("action"),
        source=typed("source"),
    )


def plain(value: float) -> str:
    return amount(value).replace(",", "")


def _number(name: str, errors: dict[str, list[str]], *, optional: bool = False) -> float | None:
    text = typed(name).replace(",", ".")
    if optional and not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not -100_000 <= found <= 100_000 or round(found, 2) != found:
        errors[name] = ["must be a number, with at most two decimals"]
        return None
    return found


def _minutes(name: str, errors: dict[str, list[str]]) -> int | None:
    text, unit = typed(name), typed(f"{name}_unit", "minutes")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 5 or unit not in UNITS:
        errors[name] = ["must be a whole number of minutes, hours or days"]
        return None
    return int(text) * UNITS[unit]
