"""A trigger as people write it: what is watched, the rule, what it means when it fires; checked, and said in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

import msgspec

from app.surge.measures import ANY, MEASURES, suits
from app.surge.triggers import COMPARISONS, Rule
from app.surge.windows import KINDS, NOW, PROJECTED

TRIGGER, INDICATOR = "trigger", "indicator"
WORDS_OF_KIND = {TRIGGER: "Trigger: a decision is due", INDICATOR: "Indicator: a sign to watch"}
RESOURCES = {
    "space": "Space: beds and rooms",
    "staff": "Staff: the people on duty",
    "stuff": "Stuff: supplies and equipment",
    "systems": "Systems: utilities, computers, transport",
}
SEVERITIES = ("low", "medium", "high", "critical")
COMPARISON_WORDS = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}
WINDOW_WORDS = {
    "now": "the number now",
    "mean": "its mean over a time",
    "change": "how much it changed over a time",
    "projected": "where it will be if it goes on",
}
DAY = 24 * 60
LONGEST = 60 * DAY
LARGEST = 100_000.0


@dataclass(frozen=True)
class Definition:
    """`recommends_rank` 0 recommends no level. `action`: what whoever is on duty does; scripted: at once, without
    asking; otherwise it wants a decision first.
    """

    title: str
    measure: str
    unit_class: str
    rule: Rule
    kind: str = TRIGGER
    scripted: bool = False
    resource: str = "space"
    severity: str = "medium"
    recommends_rank: int = 0
    action: str = ""
    source: str = ""


def write(definition: Definition) -> str:
    return msgspec.json.encode(definition).decode()


@lru_cache(maxsize=4096)
def read(text: str) -> Definition:
    return msgspec.json.decode(text, type=Definition)


def rule_errors(rule: Rule) -> dict[str, str]:
    """What is wrong with a rule, by field, with what is allowed."""
    errors: dict[str, str] = {}
    if rule.comparison not in COMPARISONS:
        errors["comparison"] = f"must be one of {', '.join(COMPARISONS)}"
    for name, low in (("threshold", -LARGEST), ("deadband", 0.0)):
        value = getattr(rule, name)
        if not isfinite(value) or not low <= value <= LARGEST:
            errors[name] = f"must be a number from {amount(low)} to {amount(LARGEST)}"
    for name in ("on_delay", "off_delay", "min_hold"):
        if not 0 <= getattr(rule, name) <= LONGEST:
            errors[name] = f"must be 0 to {LONGEST} minutes"
    if rule.stale_after is not None and not 1 <= rule.stale_after <= LONGEST:
        errors["stale_after"] = f"must be 1 to {LONGEST} minutes"
    if rule.window not in KINDS:
        errors["window"] = f"must be one of {', '.join(KINDS)}"
    elif rule.window != NOW and not 1 <= rule.window_minutes <= LONGEST:
        errors["window_minutes"] = f"must be 1 to {LONGEST} minutes, for anything but the number now"
    if rule.window == PROJECTED and not 1 <= rule.horizon_minutes <= LONGEST:
        errors["horizon_minutes"] = f"must be 1 to {LONGEST} minutes, to say how far ahead to look"
    return errors


def errors_of(
    definition: Definition, unit_classes: Collection[str], ranks: Collection[int]
) -> dict[str, str]:
    """What is wrong with a definition, by field; `ranks` are those of the hospital's levels. What fires and cannot
    clear for being its own clear limit is fine.
    """
    errors = rule_errors(definition.rule)
    measure = MEASURES.get(definition.measure)
    if not 1 <= len(definition.title.strip()) <= 200:
        errors["title"] = "must have 1 to 200 characters"
    if measure is None:
        errors["measure"] = f"must be one of {', '.join(MEASURES)}"
    if definition.unit_class not in unit_classes:
        errors["unit_class"] = f"must be one of {', '.join(unit_classes)}"
    elif measure is not None and not suits(measure, definition.unit_class):
        errors["measure"] = f"{measure.label} is not counted in units of this kind"
    if definition.kind not in (TRIGGER, INDICATOR):
        errors["kind"] = f"must be {TRIGGER} or {INDICATOR}"
    if definition.resource not in RESOURCES:
        errors["resource"] = f"must be one of {', '.join(RESOURCES)}"
    if definition.severity not in SEVERITIES:
        errors["severity"] = f"must be one of {', '.join(SEVERITIES)}"
    if definition.recommends_rank not in ranks:
        errors["recommends_rank"] = f"must be one of {', '.join(map(str, ranks))}"
    elif definition.recommends_rank and definition.kind == INDICATOR:
        errors["recommends_rank"] = "an indicator recommends no level; make it a trigger, or choose none"
    if len(definition.action) > 2000:
        errors["action"] = "must have at most 2000 characters"
    elif definition.scripted and not definition.action.strip():
        errors["action"] = "say what is done at once, since it is scripted"
    if len(definition.source) > 2000:
        errors["source"] = "must have at most 2000 characters"
    return errors


def sentence(definition: Definition, place: str) -> str:
    """When occupancy in Intensive care is above 85 % for 60 minutes, until it is 80 % or less for 4 hours."""
    measure = MEASURES[definition.measure]
    what = measure.label[0].lower() + measure.label[1:]
    subject = what if measure.place != ANY else f"{what} in {place}"
    rule = definition.rule
    return f"When {_looked_at(rule, subject)} {_limit(rule, measure.unit)}{_until(rule, measure.unit)}"


def rule_words(definition: Definition) -> str:
    """at least 90 % for 2 hours"""
    return _limit(definition.rule, MEASURES[definition.measure].unit)


def duration(minutes: int) -> str:
    for size, word in ((DAY, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size and minutes % size == 0 and not (size == 60 and minutes == 60):
            return f"{minutes // size} {word}{'' if minutes == size else 's'}"
    return f"{minutes} minutes"


def amount(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def with_unit(value: float, unit: str) -> str:
    return f"{amount(value)} {unit}".strip()


def _looked_at(rule: Rule, subject: str) -> str:
    if rule.window == NOW:
        return f"{subject} is"
    if rule.window == PROJECTED:
        ahead, trend = duration(rule.horizon_minutes), duration(rule.window_minutes)
        return f"{subject} {ahead} from now, going on as in the last {trend}, will be"
    words = {"mean": "the mean", "change": "the change"}[rule.window]
    return f"{words} over {duration(rule.window_minutes)} of {subject} is"


def _limit(rule: Rule, unit: str) -> str:
    limit = f"{COMPARISON_WORDS[rule.comparison]} {with_unit(rule.threshold, unit)}"
    return limit + (f" for {duration(rule.on_delay)}" if rule.on_delay else "")


def _until(rule: Rule, unit: str) -> str:
    back = {
        "above": "{} or less",
        "at_least": "less than {}",
        "below": "{} or more",
        "at_most": "more than {}",
    }
    words = f", until it is {back[rule.comparison].format(with_unit(rule.clear_limit, unit))}"
    if rule.off_delay:
        words += f" for {duration(rule.off_delay)}"
    if rule.min_hold:
        words += f", and for {duration(rule.min_hold)} at least"
    return words
