"""What Muster ships: response guides and the chart of positions. Short lists, always one page."""

from __future__ import annotations

from typing import Any

from app.accounts.access import requires
from app.core.permissions import Permission
from app.incidents import catalogue
from app.incidents.api.room import api
from app.incidents.schemas import GuidePage, PositionPage


@api.route("/guides")
@api.response(200, GuidePage)
@requires(Permission.BOARD_VIEW)
def list_guides() -> Any:
    """The response guides, by title, with what each opens"""
    return {"items": catalogue.guides(), "next": None}


@api.route("/positions")
@api.response(200, PositionPage)
@requires(Permission.BOARD_VIEW)
def list_positions() -> Any:
    """The whole command chart, each position after the one it reports to"""
    return {"items": catalogue.positions(), "next": None}
