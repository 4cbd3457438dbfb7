"""The states of a text we want to send, and of each try to send it."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """QUESTION asks for an answer, NOTICE tells, ACK confirms what somebody has answered, CHECK makes sure
    that a way to reach somebody works."""

    QUESTION = "question"
    NOTICE = "notice"
    ACK = "ack"
    CHECK = "check"


class IntentState(StrEnum):
    """Where a text stands (promise I2: none stays silent).

    PENDING      waits to be sent, for the first time or again.
    CLAIMED      a sender has it in hand.
    UNKNOWN      nobody knows whether the carrier took it; it is being looked up.
    SENT         the carrier has it. This says nothing about the phone.
    DELIVERED    the phone has it. This says nothing about the person.
    UNCONFIRMED  the carrier had it and never said what became of it.
    FAILED       it did not arrive and is not tried again.
    EXPIRED      it did not arrive while it was still of use.
    SUPERSEDED   it was not sent, because it was no longer needed.
    REFUSED      it was not taken: the person has opted out.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


class AttemptState(StrEnum):
    """How one try ended.

    IN_FLIGHT  claimed; the carrier may have been called.
    ACCEPTED   the carrier has taken it.
    DECLINED   the carrier certainly did not take it.
    UNKNOWN    no answer, or one that does not say; the carrier is asked before another try.
    NOT_FOUND  was unknown, and the carrier does not know of it.
    WITHHELD   never handed to the carrier: opted out, too late or no longer needed as of the claim.
    """

    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    NOT_FOUND = "not_found"
    WITHHELD = "withheld"


WAITING = (IntentState.PENDING, IntentState.UNKNOWN)
"""States from which a text may still be sent: those that `supersede` ends."""

UNDER_WAY = (IntentState.CLAIMED, IntentState.SENT, IntentState.UNCONFIRMED)
"""States that may lead to another try."""

HEARD = (IntentState.UNKNOWN, *UNDER_WAY, IntentState.DELIVERED)
"""States in which the person has the message, or may have it."""
