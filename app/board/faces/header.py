"""What incident this is, how far it is activated, and who commands it."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture

# The plain-language scale, least to most (ActivationLevel); only the top ones ask for attention.
LEVEL_STATE = {"monitoring": "normal", "limited": "normal", "partial": "watch", "full": "act"}


@card("header", "Command", region="head", template="board/header.html")
def header(picture: Picture) -> dict[str, Any]:
    command = picture.command
    return {
        "level_state": LEVEL_STATE.get(command.activation_level, "normal"),
        "command_url": links.page(command.id, "command"),
        "level_url": links.page(command.id, "level"),
        "close_url": links.page(command.id, "close"),
    }
