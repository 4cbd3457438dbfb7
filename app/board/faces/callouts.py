"""Call-outs: nothing is folded here yet."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.picture import Picture


@card("callouts", "Call-outs", region="main", template="board/callouts.html")
def callouts(_picture: Picture) -> dict[str, Any]:
    return {}
