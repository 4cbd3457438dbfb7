"""What the response is to achieve, the most important first."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture

WORDS = {"open": ("open", "normal"), "met": ("met", "done"), "dropped": ("dropped", "missing")}


@card("objectives", "Objectives", region="right", template="board/objectives.html")
def objectives(picture: Picture) -> dict[str, Any]:
    ordered = sorted(picture.command.objectives.values(), key=lambda o: (o.state != "open", o.priority, o.id))
    return {
        "objectives": [(o, *WORDS.get(o.state, (o.state, "normal"))) for o in ordered],
        "still_open": sum(o.state == "open" for o in ordered),
        "url": links.page(picture.command.id, "objectives"),
    }
