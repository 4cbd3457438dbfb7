"""What the polls' pages share: numbers as they are typed, unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Blueprint

from app.core.errors import Invalid
from app.facilities.models import Unit
from app.polls.models import Poll
from app.polls.rules import asked_of
from app.surge.metrics import METRICS
from app.web.forms import Errors, typed

pages = Blueprint("polls", __name__)


def name_of(unit_id: str, metric: str) -> str:
    """The field of one number."""
    return f"{unit_id}.{metric}"


def numbers_typed(found: Poll, units: Iterable[Unit]) -> dict[str, dict[str, int]]:
    """What was typed, by unit and metric; an empty field is a number nobody told. Raises Invalid by field."""
    numbers: dict[str, dict[str, int]] = {}
    errors: Errors = {}
    for unit in units:
        for metric in asked_of(unit.unit_class, found.asks_for):
            name = name_of(unit.id, metric)
            text = typed(name)
            if not text:
                continue
            if not text.isdecimal() or len(text) > 6:
                errors[name] = ["must be a whole number, or empty when you do not know"]
                continue
            numbers.setdefault(unit.id, {})[metric] = int(text)
    if errors:
        raise Invalid("Some numbers cannot be read.", errors)
    return numbers


def form_of(
    found: Poll, units: Sequence[Unit], known: Mapping[str, Mapping[str, int | None]]
) -> list[dict[str, Any]]:
    """The units with their fields (name, label, what was given before), as the templates draw them.

    A field begins empty: an old number that is sent along would look as if it had been counted again.
    """
    return [
        {
            "unit": unit,
            "fields": [
                (name_of(unit.id, metric), METRICS[metric].label, known.get(unit.id, {}).get(metric))
                for metric in asked_of(unit.unit_class, found.asks_for)
            ],
        }
        for unit in units
    ]


def as_typed(units: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {name: typed(name) for each in units for name, *_ in each["fields"]}


def labels_of(units: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {
        name: f"{each['unit'].name}, {label.lower()}" for each in units for name, label, _ in each["fields"]
    }
