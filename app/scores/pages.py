"""A calculator for each score. Nothing is stored, so a result is an address that can be kept and sent."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from app.accounts.access import requires
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.scores.catalogue import CALCULATORS
from app.scores.schemas import schema_of
from app.scores.score import Calculator, Input, Score, calculate

pages = Blueprint("scores", __name__)


@pages.route("/scores")
@requires(Permission.BOARD_VIEW)
def index() -> str:
    return render_template("scores/index.html", calculators=CALCULATORS.values())


@pages.route("/scores/<string:name>")
@requires(Permission.BOARD_VIEW)
def calculator(name: str) -> str:
    found = CALCULATORS.get(name)
    if found is None:
        raise NotFound(f"There is no score {name!r}.")
    typed = {i.name: request.args.get(i.name, "").strip() for i in found.inputs}
    score, errors = _result(found, typed) if request.args else (None, {})
    return render_template(
        "scores/calculator.html",
        calculator=found,
        typed=typed,
        errors=errors,
        score=score,
        choices={i.name: [(value, value) for value in i.choices] for i in found.inputs},
        stale_options=[(i.name, i.label) for i in found.inputs if i.kind not in ("choice", "flag")],
    )


def _result(found: Calculator, typed: dict[str, str]) -> tuple[Score | None, dict[str, list[str]]]:
    """The score of what was typed, or messages by field. An empty field is not known, not zero."""
    stale = [name for name in request.args.getlist("stale") if name in typed]
    values = {i.name: _read(i, typed[i.name]) for i in found.inputs}
    try:
        loaded: dict[str, Any] = schema_of(found)().load(values | {"stale": stale})
    except ValidationError as wrong:
        return None, {name: _flat(messages) for name, messages in wrong.normalized_messages().items()}
    return calculate(found, loaded, loaded.pop("stale")), {}


def _read(wanted: Input, text: str) -> Any:
    if not text:
        return None
    if wanted.kind == "series":
        return [None if part in ("-", "?") else part for part in re.split(r"[\s,;]+", text.strip(" ,;"))]
    if wanted.kind == "units":
        names = [column.name for column in wanted.columns]
        lines = [[part.strip() for part in line.split(",")] for line in text.splitlines() if line.strip()]
        return [dict(zip(names, map(_whole, line), strict=False)) for line in lines]
    return _whole(text) if wanted.kind == "count" else text


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text


def _flat(messages: Any) -> list[str]:
    """Messages of a list say which item, counted from 1 as people do."""
    if isinstance(messages, dict):
        return [
            f"{int(key) + 1}: {text}" if isinstance(key, int) else f"{key}: {text}"
            for key, inner in messages.items()
            for text in _flat(inner)
        ]
    return [str(message) for message in messages]
