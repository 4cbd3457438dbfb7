"""Surge level: nothing is folded here yet."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.picture import Picture


@card("surge", "Surge level", region="main", template="board/surge.html")
def surge(_picture: Picture) -> dict[str, Any]:
    return {}
