"""What may be done with a resource request, in which order, and where each unit of it is. No I/O.

The course follows block by block the ICS 213RR: asked, approved, found, under way, received. A request may be
filled and received in parts and from several sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from app.core.errors import Invalid

MOST = 1_000_000


class Priority(StrEnum):
    """The three of ICS 213RR block 9, most urgent first."""

    URGENT = "urgent"
    ROUTINE = "routine"
    LOW = "low"


class RequestState(StrEnum):
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PARTLY_FILLED = "partly_filled"
    EN_ROUTE = "en_route"
    RECEIVED = "received"
    CLOSED = "closed"
    DENIED = "denied"
    CANCELLED = "cancelled"


class Source(StrEnum):
    """The ladder that hospitals climb, the nearest first. Only `stock` changes a count of ours."""

    STOCK = "stock"
    SYSTEM = "system"
    VENDOR = "vendor"
    MUTUAL_AID = "mutual_aid"
    AUTHORITY = "authority"


class Step(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"
    FILL = "fill"
    RECEIVE = "receive"
    FALL_THROUGH = "fall_through"
    CLOSE = "close"


_S = RequestState
FROM: Mapping[Step, frozenset[RequestState]] = MappingProxyType(
    {
        Step.APPROVE: frozenset({_S.SUBMITTED}),
        Step.DENY: frozenset({_S.SUBMITTED}),
        Step.CANCEL: frozenset({_S.SUBMITTED, _S.APPROVED}),
        Step.FILL: frozenset({_S.APPROVED, _S.PARTLY_FILLED}),
        Step.RECEIVE: frozenset({_S.PARTLY_FILLED, _S.EN_ROUTE}),
        Step.FALL_THROUGH: frozenset({_S.PARTLY_FILLED, _S.EN_ROUTE}),
        Step.CLOSE: frozenset({_S.APPROVED, _S.PARTLY_FILLED, _S.EN_ROUTE, _S.RECEIVED}),
    }
)
"""From which states each step may be taken. What follows is `progress` or the step's own end state."""

ENDED = frozenset({_S.CLOSED, _S.DENIED, _S.CANCELLED})

SAID = MappingProxyType(
    {
        _S.SUBMITTED: "waits for a decision",
        _S.APPROVED: "approved, nothing found yet",
        _S.PARTLY_FILLED: "partly filled",
        _S.EN_ROUTE: "on the way",
        _S.RECEIVED: "all received",
        _S.CLOSED: "closed",
        _S.DENIED: "denied",
        _S.CANCELLED: "cancelled",
    }
)
SOURCE_SAID = MappingProxyType(
    {
        Source.STOCK: "own stock",
        Source.SYSTEM: "another hospital of the system",
        Source.VENDOR: "vendor",
        Source.MUTUAL_AID: "mutual aid partner",
        Source.AUTHORITY: "public authority",
    }
)


@dataclass(frozen=True)
class Line:
    """Units of one item. Nothing is lost: asked = denied + waiting + under way + received.

    approved  None until somebody has decided; never more than asked.
    filled    found somewhere, received or not.
    """

    asked: int
    approved: int | None = None
    filled: int = 0
    received: int = 0

    @property
    def denied(self) -> int:
        return 0 if self.approved is None else self.asked - self.approved

    @property
    def waiting(self) -> int:
        """Wanted and not found anywhere yet."""
        return (self.asked if self.approved is None else self.approved) - self.filled

    @property
    def under_way(self) -> int:
        return self.filled - self.received

    def approve(self, quantity: int) -> Line:
        return replace(self, approved=_within("quantity", quantity, 0, self.asked, "asked for"))

    def fill(self, quantity: int) -> Line:
        most = self.waiting
        return replace(self, filled=self.filled + _within("quantity", quantity, 1, most, "still wanted"))

    def receive(self, quantity: int) -> Line:
        most = self.under_way
        return replace(self, received=self.received + _within("quantity", quantity, 1, most, "on the way"))

    def fall_through(self, quantity: int) -> Line:
        """Units that were found do not come after all, and are wanted again."""
        return replace(
            self, filled=self.filled - _within("quantity", quantity, 1, self.under_way, "on the way")
        )


def may(step: Step, state: RequestState) -> bool:
    return state in FROM[step]


def steps_from(state: RequestState) -> frozenset[Step]:
    return frozenset(step for step in Step if may(step, state))


def progress(lines: Iterable[Line]) -> RequestState:
    """The state of an approved request that has not ended, by where its units are."""
    lines = list(lines)
    if all(line.received == line.approved for line in lines):
        return RequestState.RECEIVED
    if all(line.filled == line.approved for line in lines):
        return RequestState.EN_ROUTE
    return RequestState.PARTLY_FILLED if any(line.filled for line in lines) else RequestState.APPROVED


def outstanding(lines: Iterable[Line]) -> int:
    """Units that were granted (or are still undecided) and have not been received."""
    return sum(line.waiting + line.under_way for line in lines)


def quantity(field: str, value: int) -> int:
    """A number of units that can be asked for or counted."""
    return _within(field, value, 1, MOST, "allowed")


def urgency(priority: str) -> int:
    """For sorting: 0 is urgent."""
    return list(Priority).index(Priority(priority))


def _within(field: str, value: int, least: int, most: int, what: str) -> int:
    if most < least:
        raise Invalid.field(field, f"nothing is {what}")
    if not least <= value <= most:
        raise Invalid.field(field, f"must be {least} to {most:,} ({most:,} {what}); {value:,} was given")
    return value
