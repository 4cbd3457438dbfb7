"""Cards: an id, a version, one template. The same template draws a card in the page and in the push."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import g, render_template

from app.board.picture import Picture

Context = Callable[[Picture], dict[str, Any]]


@dataclass(frozen=True)
class Card:
    """`region` says where on the page it stands: head, left, main or right."""

    id: str
    title: str
    region: str
    template: str
    context: Context


CARDS: dict[str, Card] = {}


def card(id: str, title: str, *, region: str, template: str) -> Callable[[Context], Context]:
    """Register a card. Cards appear in a region in the order in which they are registered."""

    def register(context: Context) -> Context:
        CARDS[id] = Card(id, title, region, template, context)
        return context

    return register


def draw(card: Card, picture: Picture) -> str:
    """The card as HTML. Needs an application context; says nothing about who is looking."""
    version = picture.versions.get(card.id, 0)
    g.zone = picture.command.zone
    context = card.context(picture)
    return render_template(card.template, card=card, version=version, picture=picture, **context)


def changed_since(picture: Picture, seq: int) -> list[dict[str, Any]]:
    """The cards that changed after `seq`, drawn: what a push and a catch-up both send."""
    changed = [c for c in CARDS.values() if picture.versions.get(c.id, 0) > seq]
    return [{"id": c.id, "version": picture.versions[c.id], "html": draw(c, picture)} for c in changed]
