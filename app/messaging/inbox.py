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
    """A text from a known phone, or a key pressed in a call to one.

    person_ids  the active people with that number, sorted; several when people share a phone. Of a call,
                the person who was called.
    to          our number, empty for a simulated phone.
    channel     sms, or voice for a key.
    subject_id  what the call in which the key was pressed is about, so that a key needs no code.
    on_line     whoever pressed the key still holds the phone: the words that the handler returns are said
                at once, and no text is needed. False when the key is acted on after the call is over.
    """

    from_: str
    to: str
    text: str
    received_at: datetime
    person_ids: tuple[str, ...]
    channel: str = "sms"
    subject_id: str | None = None
    on_line: bool = False


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


Heard = bool | str | None
ReplyHandler = Callable[[UnitOfWork, list[Inbound]], list[Heard]]
DeliveryHandler = Callable[[UnitOfWork, list[Delivery]], None]
_REPLY_HANDLERS: list[ReplyHandler] = []
_DELIVERY_HANDLERS: dict[Purpose, list[DeliveryHandler]] = {}


def on_reply(handler: ReplyHandler, *, first: bool = False) -> ReplyHandler:
    """Decorator: called with texts from known phones, in one transaction in which nothing but the texts
    themselves is locked yet. Returns for each whether it knew what to do, or the words in which to tell who is
    on the line what was done: the first handler that does ends the search. None when it failed and is to be
    tried again later, which undoes nothing of the others. Of a single text a failure may be raised. `first`: before
    those that are there, for one that takes only what is certainly its own.
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


def answered(uow: UnitOfWork, inbound: list[Inbound]) -> list[Heard]:
    """Hand texts to the rooms; for each, whether one of them knew what to do or what it says, None for later."""
    known: dict[int, Heard] = dict.fromkeys(range(len(inbound)), False)
    for handler in _REPLY_HANDLERS:
        left = [index for index, result in known.items() if result is False]
        if left:
            known.update(zip(left, handler(uow, [inbound[index] for index in left]), strict=True))
    return [known[index] for index in range(len(inbound))]


def tell(uow: UnitOfWork, steps: Iterable[tuple[Purpose, Delivery]]) -> None:
    """Hand steps to the rooms, in one list for each purpose."""
    ordered = sorted(steps, key=lambda step: step[0])
    for purpose, group in groupby(ordered, key=lambda step: step[0]):
        deliveries = [delivery for _, delivery in group]
        for handler in _DELIVERY_HANDLERS.get(purpose, ()):
            handler(uow, deliveries)
