"""What people who were called have written, until somebody says that they have read it."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture
from app.board.sections.callouts import MessageView

SHOWN = 8
LATELY = 6
HOW = {"sms": "by text", "link": "on their page", "voice": "by telephone"}


@card("messages", "Messages from staff", region="main", template="board/messages.html")
def messages(picture: Picture) -> dict[str, Any]:
    """Unread ones, oldest first; then those read lately."""
    every = list(picture.callouts.messages.values())
    unread = [message for message in every if message.read_at is None]
    read = sorted((m for m in every if m.read_at is not None), key=_read_at, reverse=True)
    return {
        "rows": [_row(picture, message) for message in unread[:SHOWN]],
        "unread": len(unread),
        "more": max(0, len(unread) - SHOWN),
        "lately": [_row(picture, message) for message in read[:LATELY]],
        "read": len(read),
    }


def _row(picture: Picture, message: MessageView) -> dict[str, Any]:
    return {
        "message": message,
        "how": HOW.get(message.channel, message.channel),
        "to": ", ".join(part for part in (message.to, _held(picture, message.position)) if part),
        "url": links.page(picture.command.id, "callouts", message.callout_id),
        "read_url": links.page(picture.command.id, "messages", message.id, "read"),
    }


def _held(picture: Picture, slugs: str) -> str:
    """The positions that the one who opened the call-out held then."""
    held = [picture.command.positions.get(slug) for slug in slugs.split(", ") if slug]
    return ", ".join(position.title for position in held if position is not None)


def _read_at(message: MessageView) -> Any:
    return message.read_at
