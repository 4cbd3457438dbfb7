"""What each card shows. One file a subject, which registers its cards when it is imported."""

from app.board.cards import CARDS, Card
from app.board.faces import (
    alarms,
    bedrun,
    callouts,
    findings,
    header,
    journal,
    messages,
    objectives,
    positions,
    requests,
    surge,
    tasks,
    waiting,
)

__all__ = [
    "alarms",
    "bedrun",
    "callouts",
    "findings",
    "header",
    "journal",
    "messages",
    "objectives",
    "positions",
    "requests",
    "surge",
    "tasks",
    "waiting",
]

# What a commander looks for first stands first; a card that is not named here comes last in its region.
ORDER = (
    "header",
    *positions.CARDS_IN_ORDER,
    "surge",
    "alarms",
    "bedrun",
    "callouts",
    "messages",
    "waiting",
    "tasks",
    "capacity",
    "requests",
    "objectives",
    "journal",
)


def in_region(region: str) -> list[Card]:
    """The cards of one region of the page, in their order."""
    return sorted((card for card in CARDS.values() if card.region == region), key=_place)


def _place(card: Card) -> int:
    return ORDER.index(card.id) if card.id in ORDER else len(ORDER)
