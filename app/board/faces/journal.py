"""The latest entries, in plain words."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture
from app.board.wording import sentence


@card("journal", "Latest", region="right", template="board/journal.html")
def journal(picture: Picture) -> dict[str, Any]:
    return {
        "lines": [
            {"at": line.at, "text": sentence(line.kind, line.data, picture), "who": line.actor}
            for line in picture.recent
        ],
        "url": links.page(picture.command.id, "log"),
    }
