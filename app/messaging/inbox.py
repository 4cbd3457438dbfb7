"""How other rooms hear from phones and carriers. They register here; this room does not know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from app.core.db import UnitOfWork
from app.messaging.states import Purpose

Stage = Literal["sent", "delivered", "failed"]


@dataclass(frozen=True)
class Inbound:
    """A text from a known phone. `person_ids` are the active people with that number, sorted; several when
    people share a phone. `to` is our number, empty for a simulated phone."""

    from_: str
    to: str
    text: str
    received_at: datetime
    person_ids: tuple[str, ...]


@dataclass(frozen=True)
class Delivery:
    """One step of one text.

    sent       the carrier has taken it.
    delivered  the phone has it; "sent" was told before, at the latest in the same list.
    failed     it did not arrive and is not tried again; `error` says why in plain words.
    """

    intent_id: str
    subject_id: str
    person_id: str | None
    stage: Stage
    error: str | None
    at: datetime


ReplyHandler = Callable[[UnitOfWork, Inbound], bool]
DeliveryHandler = Callable[[UnitOfWork, list[Delivery]], None]
_REPLY_HANDLERS: list[ReplyHandler] = []
_DELIVERY_HANDLERS: dict[Purpose, list[DeliveryHandler]] = {}


def on_reply(handler: ReplyHandler, *, first: bool = False) -> ReplyHandler:
    """Decorator: called with each text from a known phone, in one transaction of its own in which nothing
    but the text itself is locked yet. Returns whether it knew what to do; the
    first that does ends the search. `first`: before those that are there, for one that takes only what is
    certainly its own.
    """
    _REPLY_HANDLERS.insert(0 if first else len(_REPLY_HANDLERS), handler)
    return handler


def on_delivery(purpose: str) -> Callable[[DeliveryHandler], DeliveryHandler]:
    """Decorator: called with what became of texts of this purpose, inside the transaction that records it.
    The streams of those texts are locked, in sorted order. A handler that raises undoes the recording.
    """

    def register(handler: DeliveryHandler) -> DeliveryHandler:
        _DELIVERY_HANDLERS.setdefault(Purpose(purpose), []).append(handler)
        return handler

    return register


def followed() -> list[Purpose]:
    """The purposes whose texts somebody follows. Others' streams need no lock when something is recorded."""
    return [purpose for purpose, handlers in _DELIVERY_HANDLERS.items() if handlers]


def answered(uow: UnitOfWork, inbound: Inbound) -> bool:
    """Hand a text to the rooms; whether one of them knew what to do."""
    return any(handler(uow, inbound) for handler in _REPLY_HANDLERS)


def tell(uow: UnitOfWork, steps: Iterable[tuple[Purpose, Delivery]]) -> None:
    """Hand steps to the rooms, in one list for each purpose."""
    ordered = sorted(steps, key=lambda step: step[0])
    for purpose, group in groupby(ordered, key=lambda step: step[0]):
        deliveries = [delivery for _, delivery in group]
        for handler in _DELIVERY_HANDLERS.get(purpose, ()):
            handler(uow, deliveries)
