"""Where a card's controls lead: paths, because a card is the same whatever address a browser uses."""

from __future__ import annotations


def board(incident_id: str) -> str:
    return f"/incidents/{incident_id}"


def page(incident_id: str, *parts: str) -> str:
    """A page of the incident, such as `page(id, "positions", slug)`."""
    return "/".join((board(incident_id), *parts))
