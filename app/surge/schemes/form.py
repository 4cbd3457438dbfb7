"""The form of a scheme: rows of parameters and levels, from what is typed to a scheme and back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.core.errors import Invalid
from app.surge.definitions import amount
from app.surge.measures import MEASURES, suits
from app.surge.packs import PLACES
from app.surge.pages.fields import place_words
from app.surge.schemes.scheme import (
    MOST_BANDS,
    MOST_PARAMETERS,
    UP,
    Action,
    Band,
    Parameter,
    Scheme,
    slug_of,
)

TEXTS = ("title", "framework", "version", "source", "effective_from", "effective_to", "reviewed", "reviewer")
SPARE_PARAMETERS, SPARE_BANDS = 3, 2
HOUR = 60
_NUMBER = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,4})?")


def form_of(scheme: Scheme) -> dict[str, str]:
    """What stands in the fields."""
    data = {name: getattr(scheme, name) for name in TEXTS}
    for number, each in enumerate(scheme.parameters):
        data |= {
            f"p{number}_label": each.label,
            f"p{number}_unit": each.unit,
            f"p{number}_direction": each.direction,
            f"p{number}_cut_points": " ".join(amount(cut).replace(",", "") for cut in each.cut_points),
            f"p{number}_points": " ".join(map(str, each.points)),
            f"p{number}_measure": f"{each.measure} {each.place}".strip(),
            f"p{number}_max_age": f"{each.max_age / HOUR:g}",
        }
    for number, band in enumerate(scheme.bands):
        data |= {
            f"b{number}_level": str(band.level),
            f"b{number}_label": band.label,
            f"b{number}_from_points": str(band.from_points),
            f"b{number}_to_points": "" if band.to_points is None else str(band.to_points),
            f"b{number}_actions": "\n".join(f"{act.organisation}: {act.text}" for act in band.actions),
        }
    return data


def rows(data: Mapping[str, str]) -> tuple[range, range]:
    """Which rows to show: those filled in, and a few to spare."""
    return (
        range(min(_filled(data, "p") + SPARE_PARAMETERS, MOST_PARAMETERS)),
        range(min(_filled(data, "b") + SPARE_BANDS, MOST_BANDS)),
    )


def measure_choices() -> list[tuple[str, str]]:
    """What can be read from units, and where."""
    return [
        (f"{measure.slug} {place}", f"{measure.label}, {place_words(place)}")
        for measure in MEASURES.values()
        for place in PLACES
        if suits(measure, place)
    ]


def scheme_typed(data: Mapping[str, str]) -> tuple[Scheme, dict[str, str]]:
    """The scheme, and for each of its fields the name in the form. Raises Invalid for what cannot be read."""
    errors: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    parameters: list[Parameter] = []
    bands: list[Band] = []
    for row in range(_filled(data, "p")):
        if _text(data, f"p{row}_label"):
            _name(names, f"parameters.{len(parameters)}", f"p{row}", Parameter.__dataclass_fields__)
            parameters.append(_parameter(data, f"p{row}", errors))
    for row in range(_filled(data, "b")):
        if _text(data, f"b{row}_label"):
            _name(names, f"bands.{len(bands)}", f"b{row}", Band.__dataclass_fields__)
            bands.append(_band(data, f"b{row}", errors))
    if errors:
        raise Invalid("; ".join(f"{name}: {said[0]}" for name, said in errors.items()), errors)
    texts = {name: _text(data, name) for name in TEXTS}
    return Scheme(**texts, parameters=tuple(parameters), bands=tuple(bands)), names


def _parameter(data: Mapping[str, str], row: str, errors: dict[str, list[str]]) -> Parameter:
    label = _text(data, f"{row}_label")
    measure, _, place = _text(data, f"{row}_measure").partition(" ")
    hours = _numbers(data, f"{row}_max_age", errors) or (24.0,)
    return Parameter(
        slug=slug_of(label),
        label=label,
        direction=_text(data, f"{row}_direction") or UP,
        cut_points=_numbers(data, f"{row}_cut_points", errors),
        points=tuple(map(int, _numbers(data, f"{row}_points", errors, whole=True))),
        unit=_text(data, f"{row}_unit"),
        measure=measure,
        place=place,
        max_age=round(hours[0] * HOUR),
    )


def _band(data: Mapping[str, str], row: str, errors: dict[str, list[str]]) -> Band:
    level, begins = _whole(data, f"{row}_level", errors), _whole(data, f"{row}_from_points", errors)
    ends = _whole(data, f"{row}_to_points", errors) if _text(data, f"{row}_to_points") else None
    actions = []
    for line in _text(data, f"{row}_actions").splitlines():
        organisation, colon, text = line.partition(":")
        if line.strip():
            actions.append(Action(organisation.strip(), text.strip()) if colon else Action("", line.strip()))
    return Band(level or 0, _text(data, f"{row}_label"), begins or 0, ends, tuple(actions))


def _numbers(
    data: Mapping[str, str], name: str, errors: dict[str, list[str]], *, whole: bool = False
) -> tuple[float, ...]:
    texts = re.split(r"[\s,;]+", _text(data, name).strip(" ,;"))
    if texts == [""]:
        return ()
    for text in texts:
        if not _NUMBER.fullmatch(text) or (whole and "." in text):
            kind = "whole numbers" if whole else "numbers"
            errors[name] = [f"{text!r} is no number; write {kind} with a space between"]
            return ()
    return tuple(map(float, texts))


def _whole(data: Mapping[str, str], name: str, errors: dict[str, list[str]]) -> int | None:
    text = _text(data, name)
    if not text.isdecimal() or len(text) > 5:
        errors[name] = ["must be a whole number"]
        return None
    return int(text)


def _filled(data: Mapping[str, str], letter: str) -> int:
    """One more than the last row in which something stands."""
    pattern = re.compile(rf"{letter}([0-9]{{1,2}})_label")
    found = [int(match[1]) for name in data if (match := pattern.fullmatch(name)) and _text(data, name)]
    return max(found, default=-1) + 1


def _name(names: dict[str, str], field: str, row: str, parts: Mapping[str, object]) -> None:
    names.update({f"{field}.{part}": f"{row}_{part}" for part in parts})


def _text(data: Mapping[str, str], name: str) -> str:
    return data.get(name, "").replace("\x00", "").strip()
