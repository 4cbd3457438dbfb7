"""What the pages of this room have in common."""

from __future__ import annotations

from flask import Blueprint

from app.core.errors import Invalid

pages = Blueprint("escalation", __name__)


def whole(name: str, text: str) -> int:
    """A number typed in a field. Raises Invalid naming the field."""
    if not text.isdecimal() or len(text) > 6:
        raise Invalid.field(name, "must be a whole number")
    return int(text)
