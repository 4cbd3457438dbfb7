"""Requests: nothing is folded here yet."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.picture import Picture


@card("requests", "Requests", region="right", template="board/requests.html")
def requests(_picture: Picture) -> dict[str, Any]:
    return {}
