"""What the pages of this room have in common."""

from __future__ import annotations

from types import MappingProxyType
from uuid import UUID

from flask import Blueprint, url_for

pages = Blueprint("activation", __name__)

TITLE = "Call-outs"
LABELS = MappingProxyType(
    {
        "positions": "Positions",
        "group": "Group",
        "needed": "How many are needed",
        "within_minutes": "Within how many minutes",
        "at_once": "Asked together",
        "chain": "How hard to try",
        "text": "Added to the text",
        "reason": "Reason",
        "digit": "Answer",
        "words": "Message",
    }
)


def page_url(incident_id: UUID | str, callout_id: UUID | str) -> str:
    return url_for("activation.show", incident_id=incident_id, callout_id=callout_id)
