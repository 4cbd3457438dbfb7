"""The edge: bytes in, acknowledgements out. Used by the API and by the MLLP listener."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

from app.census import acks, actions, hl7
from app.census.hl7 import Message
from app.census.reduce import (
    Context,
    Header,
    Reduced,
    Refused,
    header_of,
    receivers,
    reduce_message,
    refuse,
    unreadable,
)
from app.core.actor import Actor
from app.core.errors import Unavailable
from app.core.permissions import Permission
from app.core.pseudonyms import Pseudonyms
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.runtime import Runtime

PER_TRANSACTION = 500
PURPOSE = "census: visits"


@dataclass
class Receipt:
    """What became of a body. `counts`: applied, duplicate, refused; `answers`: the acknowledgements."""

    answers: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    text: str = ""
    """All answers, in a batch when the body was one."""


@dataclass(frozen=True)
class _Item:
    facility_id: str | None
    found: Reduced | Refused


def processing_of(runtime: Runtime) -> tuple[str, ...]:
    """MSH-11 that is let in: only a demo takes training and debugging messages for real."""
    return ("P", "T", "D") if runtime.settings.demo else ("P",)


def context_of(runtime: Runtime, hospital: Facility) -> Context:
    """How a list of a hospital is read: its numbers get the names that those of the messages get."""
    names = Pseudonyms(runtime.settings.secret_key, PURPOSE)
    return Context(hospital.id, hospital.zone, runtime.clock.now(), names, processing_of(runtime))


class Receiver:
    """Takes bodies for one actor, all for `facility`; without it, MSH-6 or MSH-5 says for whom."""

    def __init__(self, runtime: Runtime, actor: Actor, facility: Facility | None = None) -> None:
        self.runtime = runtime
        self.actor = actor
        self.facility = facility
        self.names = Pseudonyms(runtime.settings.secret_key, PURPOSE)
        self.processing = processing_of(runtime)
        self._hospitals: dict[str, Facility] | None = None

    def receive(self, body: bytes) -> Receipt:
        """Every message is applied or refused, in order, each with the answer it asked for.

        Raises Forbidden when the actor may not enter readings for a hospital that is named, and Unavailable
        when the database does not answer; what had been taken by then stays, and sending again is harmless.
        """
        envelope = hl7.open_envelope(body)
        items = [self._read(part) for part in envelope.parts]
        for facility_id in {item.facility_id for item in items}:
            self.actor.require(Permission.READING_ENTER, facility_id)
        receipt = Receipt(faults=envelope.faults)
        if not items:
            items = [_Item(self._home(), unreadable(b"", self.names, "there is no message in this"))]
        for facility_id, group in groupby(items, key=lambda item: item.facility_id):
            self._take(receipt, facility_id, [item.found for item in group])
        receipt.text = "".join(receipt.answers)
        if envelope.batch_id is not None:
            now = self.runtime.clock.now()
            receipt.text = acks.batch_of(receipt.answers, envelope.batch_id, envelope.faults, _ident(), now)
        return receipt

    def refuse_whole(self, why: str) -> str:
        """The answer to something too big to be read, or read at a time when nothing can be stored."""
        refused = unreadable(b"", self.names, why)
        return acks.acknowledge(Header(), refused, _ident(), self.runtime.clock.now())[0]

    def _read(self, part: bytes) -> _Item:
        try:
            message = hl7.parse(part)
        except hl7.Malformed as problem:
            return _Item(self._home(), unreadable(part, self.names, str(problem)))
        hospital = self.facility or self._addressee(message)
        if hospital is None:
            known = ", ".join(sorted(h.code for h in self._all().values()))
            why = f"names no hospital that is known here; known are {known or 'none'}"
            found = refuse(message, header_of(message), self.names, "", "AR", "103", "MSH-6", why)
            return _Item(None, found)
        context = Context(hospital.id, hospital.zone, self.runtime.clock.now(), self.names, self.processing)
        return _Item(hospital.id, reduce_message(message, context))

    def _take(self, receipt: Receipt, facility_id: str | None, found: list[Reduced | Refused]) -> None:
        transact = self.runtime.db.transact
        for start in range(0, len(found), PER_TRANSACTION):
            some = found[start : start + PER_TRANSACTION]
            messages = [f for f in some if isinstance(f, Reduced)]
            refusals = [f for f in some if isinstance(f, Refused)]
            if messages and facility_id is not None:
                outcomes = transact(actions.take_in, self.actor, facility_id, messages)
                receipt.counts.update(outcome.value for outcome in outcomes)
            if refusals:
                transact(actions.keep_refused, self.actor, facility_id, refusals)
                receipt.counts["refused"] += len(refusals)
                receipt.reasons += [refused.reason for refused in refusals]
            now = self.runtime.clock.now()
            for item in some:
                refused = item if isinstance(item, Refused) else None
                receipt.answers += acks.acknowledge(item.header, refused, _ident(), now)

    def _home(self) -> str | None:
        return self.facility.id if self.facility else None

    def _addressee(self, message: Message) -> Facility | None:
        return next((self._all()[n.upper()] for n in receivers(message) if n.upper() in self._all()), None)

    def _all(self) -> dict[str, Facility]:
        """By code and by name, in capitals."""
        if self._hospitals is None:
            with self.runtime.db.read() as db:
                rows = facilities(db)
            self._hospitals = {name.upper(): row for row in rows for name in (row.code, row.name)}
        return self._hospitals


def answer_frame(receiver: Receiver, body: bytes) -> list[str]:
    """The answers to one MLLP frame; when nothing can be stored, a rejection: the sender tries again."""
    try:
        return receiver.receive(body).answers
    except Unavailable as trouble:
        return [receiver.refuse_whole(trouble.detail)]


def _ident() -> str:
    """MSH-10 of an answer: 20 characters are what version 2.3 allows."""
    return secrets.token_hex(9)
