"""Cards: an id, a version, one template. The same template draws a card in the page and in the push.

Most cards are drawn from the picture and have the version (seq) that last touched them there. A card that
shows what is no part of the journal, such as readings of beds, is an `outside_card`: it reads its own version
and values. Its version must grow whenever its values do. It is sent at every join and poll, because a browser
says which seq it has, not which version of such a card, and ignores what is not newer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, render_template
from sqlalchemy.orm import Session

from app.board.picture import Picture

Context = Callable[[Picture], dict[str, Any]]
Outside = Callable[[Session, Picture], tuple[int, dict[str, Any]]]

REGIONS = ("head", "left", "main", "right")
DRAWN_KEPT = 2000


@dataclass(frozen=True)
class Card:
    """`region` is where on the page it stands. It has one of `context` and `outside`."""

    id: str
    title: str
    region: str
    template: str
    context: Context | None = None
    outside: Outside | None = None


CARDS: dict[str, Card] = {}


def card(id: str, title: str, *, region: str, template: str) -> Callable[[Context], Context]:
    """Register a card. Cards appear in a region in the order in which they are registered.

    Whatever the function uses, the reducers must have touched this card when it changes.
    """

    def register(context: Context) -> Context:
        CARDS[id] = Card(id, title, region, template, context=context)
        return context

    return register


def outside_card(id: str, title: str, *, region: str, template: str) -> Callable[[Outside], Outside]:
    """Register a card on a function `(session, picture) -> (version, context)`, called for each new look.

    Read the version first, then the values: values that are newer than their version are put right by the
    next push, a version that is newer than its values never is. Whoever changes the values announces
    `readings` with the facility's id; every open board of that hospital then gets its outside cards.
    """

    def register(outside: Outside) -> Outside:
        CARDS[id] = Card(id, title, region, template, outside=outside)
        return outside

    return register


def draw(card: Card, picture: Picture, version: int, context: dict[str, Any]) -> str:
    """The card as HTML, in a context of its own, so that nothing in it can depend on who is looking."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context(), app.test_request_context(base_url=app.extensions["muster"].settings.public_url):
        g.zone = picture.command.zone
        values = {"card": card, "version": version, "picture": picture, "incident": picture.command}
        return render_template(card.template, **values, **context)


class Drawn:
    """Cards drawn once for everybody: what one browser has made us draw, the next one gets as it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[int, str]] = OrderedDict()

    def since(self, session: Session, picture: Picture, seq: int) -> list[dict[str, Any]]:
        """What a catch-up sends: the cards that changed after `seq`, and every outside card."""
        return [*self.changed(picture, seq), *self.outside(session, picture)]

    def changed(self, picture: Picture, seq: int) -> list[dict[str, Any]]:
        """What a push sends: the cards that journal entries after `seq` have changed."""
        folded = [card for card in CARDS.values() if card.context is not None]
        return [self._folded(card, picture) for card in folded if picture.version(card.id) > seq]

    def outside(self, session: Session, picture: Picture) -> list[dict[str, Any]]:
        """The cards whose version does not come from the journal."""
        return [self._outside(c, session, picture) for c in CARDS.values() if c.outside]

    def _folded(self, card: Card, picture: Picture) -> dict[str, Any]:
        assert card.context is not None
        version, context = picture.version(card.id), card.context
        return self._once(card, picture, version, lambda: context(picture))

    def _outside(self, card: Card, session: Session, picture: Picture) -> dict[str, Any]:
        assert card.outside is not None
        version, context = card.outside(session, picture)
        return self._once(card, picture, version, lambda: context)

    def _once(
        self, card: Card, picture: Picture, version: int, context: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        key = (picture.command.id, card.id)
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or kept[0] != version:
            kept = (version, draw(card, picture, version, context()))
            with self._lock:
                self._kept[key] = kept
                self._kept.move_to_end(key)
                while len(self._kept) > DRAWN_KEPT:
                    self._kept.popitem(last=False)
        return {"id": card.id, "version": version, "html": kept[1]}
