"""Made-up values that show every part of the pages once (``layout/gallery.html``)."""

from datetime import datetime, timedelta
from typing import Any

ERRORS = {
    "name": ["Give the incident a name."],
    "beds": ["Must be a whole number from 0 to 500; -3 was given."],
}


def context(now: datetime, *, exercise: bool = True, wall: bool = False) -> dict[str, Any]:
    """What the gallery page needs; ``now`` is aware. Serve it only with demo data."""
    minute = timedelta(minutes=1)
    return {
        "now": now,
        "minute": minute,
        "exercise": exercise,
        "wall": wall,
        "place": "Riverside General",
        "position": "Incident Commander",
        "breadcrumb": [{"label": "Incidents", "url": "#main"}, {"label": "Chemical spill, Dock 4"}],
        "data": {
            "name": "",
            "beds": "-3",
            "kind": "exercise",
            "skills": ["rn"],
            "text": "Can you come in? It’s bad",
        },
        "errors": {} if wall else ERRORS,
        "entries": _entries(now, minute),
        "org": _org(),
        "phones": _phones(now, minute),
    }


def _entries(now: datetime, minute: timedelta) -> list[dict[str, Any]]:
    return [
        {"at": now - minute * 2, "text": "Surge level 2 confirmed", "who": "D. Ortiz, Incident Commander"},
        {"at": now - minute * 9, "text": "ED over 120 % for 15 minutes", "who": "Trigger", "state": "act"},
        {
            "at": now - minute * 31,
            "text": "12 nurses asked for",
            "who": "K. Lind",
            "corrected": True,
            "note": "48 were asked.",
        },
    ]


def _org() -> list[dict[str, Any]]:
    return [
        {
            "title": "Command",
            "class": "command",
            "positions": [
                _seat("Incident Commander", "Dana Ortiz", "here", "done"),
                _seat("Safety Officer", "Sam Reyes", "on the way"),
                _seat("Public Information Officer"),
            ],
        },
        {
            "title": "Operations",
            "span": "8 report to one",
            "positions": [
                _seat("Operations Section Chief", "Lee Park", "here", "done"),
                _seat("Medical Care Branch Director", None, "needed", "act", 1),
                _seat("Inpatient Unit Leader", "Ana Silva", "asked", "watch", 2),
            ],
        },
        {"title": "Planning", "positions": [_seat("Planning Section Chief", "Noor Haddad", "here", "done")]},
        {"title": "Logistics", "positions": [_seat("Logistics Section Chief", "Max Weber")]},
        {"title": "Finance", "positions": [_seat("Finance Section Chief")]},
    ]


def _seat(
    title: str, holder: str | None = None, word: str = "", state: str = "normal", depth: int = 0
) -> dict[str, Any]:
    return {"title": title, "holder": holder, "word": word, "state": state, "depth": depth, "url": "#main"}


def _phones(now: datetime, minute: timedelta) -> list[dict[str, Any]]:
    question = "EXERCISE. Riverside: can you come to the ED now? Reply 1 yes, 2 in 1 h, 3 no. EXERCISE."
    return [
        {
            "name": "Ana Silva",
            "number": "+1 202 555 0123",
            "messages": [
                {"text": question, "at": now - minute * 6, "note": "delivered"},
                {"text": "1", "at": now - minute * 5, "mine": True},
                {"text": "EXERCISE. Thank you. Come to the ED desk. EXERCISE.", "at": now - minute * 5},
            ],
        },
        {
            "name": "Tom Brandt",
            "number": "+1 202 555 0147",
            "messages": [{"text": question, "at": now - minute * 6, "note": "sent"}],
        },
    ]
