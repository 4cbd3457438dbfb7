"""How far a text has come, from reports that arrive late, twice, out of order or not at all (promise I5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class MessageStatus(StrEnum):
    """The carrier's words for an outbound text (Twilio's message status; inbound words are left out)."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"


# "sent" is not an end, though on networks without receipts it stays the last word. "read" follows
# "delivered"; the other ends have nothing after them.
_RANK = {
    MessageStatus.ACCEPTED: 0,
    MessageStatus.SCHEDULED: 1,
    MessageStatus.QUEUED: 2,
    MessageStatus.SENDING: 3,
    MessageStatus.SENT: 4,
    MessageStatus.PARTIALLY_DELIVERED: 5,
    MessageStatus.DELIVERED: 6,
    MessageStatus.UNDELIVERED: 6,
    MessageStatus.FAILED: 6,
    MessageStatus.CANCELED: 6,
    MessageStatus.READ: 7,
}
ARRIVED = frozenset({MessageStatus.DELIVERED, MessageStatus.READ})
NOT_ARRIVED = frozenset({MessageStatus.UNDELIVERED, MessageStatus.FAILED, MessageStatus.CANCELED})
TERMINAL = ARRIVED | NOT_ARRIVED


def parse_status(word: str) -> MessageStatus | None:
    """The status a carrier's word stands for; None for a word we do not know, which moves nothing."""
    try:
        return MessageStatus(word.strip().lower())
    except ValueError:
        return None


def conflicts(one: MessageStatus, other: MessageStatus) -> bool:
    """Whether both are ends and they contradict each other: delivered and read agree, all others do not."""
    both_ends = one in TERMINAL and other in TERMINAL
    return both_ends and one != other and not {one, other} <= ARRIVED


def advance(current: MessageStatus | None, incoming: MessageStatus) -> MessageStatus:
    """The status after a report: it goes up or stays.

    Of two ends that contradict each other the first stays; see `conflicts`.
    """
    if current is None:
        return incoming
    if conflicts(current, incoming) or _RANK[incoming] <= _RANK[current]:
        return current
    return incoming


@dataclass(frozen=True)
class Projection:
    """Where a run of reports leads. `conflicting` holds every end reported when they contradict each other.

    Without a conflict the order of the reports does not matter. With one, the status is the end that
    came first, so it depends on the order; `conflicting` does not.
    """

    status: MessageStatus | None = None
    conflicting: frozenset[MessageStatus] = field(default_factory=frozenset)


def project(reports: Iterable[MessageStatus]) -> Projection:
    """The status after all reports, in the order they came."""
    status: MessageStatus | None = None
    ends: set[MessageStatus] = set()
    for report in reports:
        status = advance(status, report)
        if report in TERMINAL:
            ends.add(report)
    disagree = any(conflicts(one, other) for one in ends for other in ends)
    return Projection(status, frozenset(ends) if disagree else frozenset())
