"""The command chart, one card a section: unfilled positions first, because somebody has to fill them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture
from app.board.reducers.command import position_card
from app.board.sections.command import Holder, PositionView
from app.incidents.catalogue import LEVELS
from app.incidents.rules import span_of_control_hint

SECTIONS = {
    "command": "Command",
    "operations": "Operations",
    "planning": "Planning",
    "logistics": "Logistics",
    "finance_admin": "Finance and administration",
}


def _positions(section: str, picture: Picture) -> dict[str, Any]:
    chart = picture.command.positions
    reports = span(chart)
    mine = sorted((p for p in chart.values() if p.section == section), key=_order)
    return {
        "rows": [_row(picture, position, reports[position.slug]) for position in mine],
        "unfilled": sum(position.holder is None for position in mine),
        "open_url": links.page(picture.command.id, "positions"),
    }


def span(chart: Mapping[str, PositionView]) -> Counter[str]:
    """How many people report to each holder; those under an unfilled position report to the next one up."""
    return Counter(
        superior
        for position in chart.values()
        if position.holder and (superior := nearest_filled(chart, position.reports_to))
    )


def nearest_filled(chart: Mapping[str, PositionView], slug: str | None) -> str | None:
    """This position if somebody holds it, else the first filled one on the line up to the commander."""
    while slug is not None:
        position = chart.get(slug)
        if position is None:
            return None
        if position.holder:
            return slug
        slug = position.reports_to
    return None


def _order(position: PositionView) -> tuple[bool, int, str]:
    return position.holder is not None, LEVELS.index(position.level), position.title


def _row(picture: Picture, position: PositionView, reports: int) -> dict[str, Any]:
    holder = position.holder
    return {
        "slug": position.slug,
        "title": position.title,
        "branch": position.branch,
        "holder": holder,
        "expected_at": _expected_at(holder) if holder else None,
        "hint": span_of_control_hint(reports),
        "url": links.page(picture.command.id, "positions", position.slug),
        "commands": position.slug == "incident_commander",
    }


def _expected_at(holder: Holder) -> datetime | None:
    return None if holder.eta_minutes is None else holder.since + timedelta(minutes=holder.eta_minutes)


def _register(section: str, title: str) -> None:
    context: Callable[[Picture], dict[str, Any]] = partial(_positions, section)
    card(position_card(section), title, region="left", template="board/positions.html")(context)


CARDS_IN_ORDER = tuple(position_card(section) for section in SECTIONS)
for _section, _title in SECTIONS.items():
    _register(_section, _title)
