"""POST /api/v1/scores/<name>, one for each calculator. Nothing is stored."""

from __future__ import annotations

from typing import Any

from app.accounts.access import requires
from app.core.permissions import Permission
from app.scores.catalogue import CALCULATORS
from app.scores.schemas import ScoreOut, schema_of
from app.scores.score import Calculator, Score, calculate
from app.web.api import blueprint

api = blueprint("scores", "Crowding scores, nurse need and supplies; computed, not stored")


def _serve(calculator: Calculator) -> None:
    @requires(Permission.BOARD_VIEW)
    def view(values: dict[str, Any]) -> Score:
        stale = values.pop("stale")
        return calculate(calculator, values, stale)

    view.__name__ = calculator.name
    view.__doc__ = f"{calculator.title}. {calculator.purpose}"
    described = api.response(200, ScoreOut)(api.arguments(schema_of(calculator))(view))
    api.route(f"/scores/{calculator.name}", methods=["POST"])(described)


for _calculator in CALCULATORS.values():
    _serve(_calculator)
