"""What a carrier's error code asks of us.

Codes are Twilio's (twilio.com/docs/api/errors); other carriers translate theirs to an `ErrorClass`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ErrorClass(StrEnum):
    """What to do next, one meaning each.

    FIX_CONTACT    never again to this number: mark it suspect, use the next channel at once.
    OPTED_OUT      never again from this sender: record the opt-out, use the next channel.
    CONFIGURATION  our set-up is wrong: alarm the operator and stop that sender.
    FILTERED       the network takes the text for spam: alarm from the first, never the same text again.
    RETRY_LATER    not processed: slow down and try again with backoff.
    RETRY_LITTLE   may pass: one or two tries minutes apart, then the next channel.
    EXPIRED        too late: create anew only if the incident still needs it.
    DAILY_CAP      a daily allowance is used up: alarm, use another sender.
    AMBIGUOUS      it may or may not have been accepted: look it up before a second try.
    """

    FIX_CONTACT = "fix_contact"
    OPTED_OUT = "opted_out"
    CONFIGURATION = "configuration"
    FILTERED = "filtered"
    RETRY_LATER = "retry_later"
    RETRY_LITTLE = "retry_little"
    EXPIRED = "expired"
    DAILY_CAP = "daily_cap"
    AMBIGUOUS = "ambiguous"


CALLBACK_REFUSED = 21609
"""The carrier will not take our callback address; the same text without one is welcome."""

_CODES_BY_CLASS: dict[ErrorClass, dict[int, str]] = {
    ErrorClass.FIX_CONTACT: {
        21211: "This is not a valid phone number.",
        21217: "This phone number does not appear to be valid.",
        21612: "The carrier has no route to this number.",
        21614: "This is not a mobile number.",
        21635: "This is a landline.",
        30005: "The network does not know this number, or it is no longer in use.",
        30006: "This is a landline, or its network cannot be reached.",
    },
    ErrorClass.OPTED_OUT: {
        21610: "This person has replied STOP to this sender.",
        30004: "The recipient's phone or network blocks this sender.",
    },
    ErrorClass.CONFIGURATION: {
        20003: "The carrier refused our account or token.",
        21408: "The account may not send to this region.",
        21602: "The message has no text.",
        21606: "The sender number does not belong to the account or cannot send texts.",
        21609: "The carrier does not accept our callback address.",
        21617: "The message is longer than 1,600 characters.",
        21659: "The sender is not a number or short code of this account.",
        30002: "The carrier has suspended the account.",
        30032: "The toll-free sender has not been verified.",
        30034: "The sender is not registered for application texts (10DLC).",
        90007: "The validity period is outside what the carrier allows.",
    },
    ErrorClass.FILTERED: {
        30007: "The network filtered the text as unwanted.",
    },
    ErrorClass.RETRY_LATER: {
        429: "The carrier asks us to slow down.",
        20429: "The carrier asks us to slow down.",
        21611: "The sender's queue at the carrier is full.",
        30001: "The queue of the sender pool is full.",
        30022: "The registered sending rate (10DLC) was exceeded.",
        30410: "The next network did not answer in time.",
    },
    ErrorClass.RETRY_LITTLE: {
        30003: "The phone cannot be reached: switched off or out of coverage.",
        30008: "The network gave no reason.",
    },
    ErrorClass.EXPIRED: {
        30036: "The text waited longer than it was valid for.",
    },
    ErrorClass.DAILY_CAP: {
        30023: "The network's daily allowance for this brand is used up.",
        63038: "The account's daily allowance is used up.",
    },
    ErrorClass.AMBIGUOUS: {
        20500: "The carrier failed while it handled the message.",
    },
}

ABOUT_THE_MESSAGE = frozenset({21408, 21602, 21609, 21617})
"""Configuration errors that one message or one number brings about: the sender is well."""

CODES: Mapping[int, ErrorClass] = MappingProxyType(
    {code: error_class for error_class, codes in _CODES_BY_CLASS.items() for code in codes}
)
_MEANINGS = {code: meaning for codes in _CODES_BY_CLASS.values() for code, meaning in codes.items()}

_PHONE_NUMBER = re.compile(r"\+?\(?\d[\d ().-]{5,}\d")


def classify(code: int | None) -> ErrorClass:
    """The class of an error code in a delivery report; an unknown or absent code is worth a little retry."""
    return CODES.get(code, ErrorClass.RETRY_LITTLE) if code is not None else ErrorClass.RETRY_LITTLE


def stops_the_sender(error_class: ErrorClass, code: int | None) -> bool:
    """Whether whatever this sender sends next would be refused as well."""
    return error_class is ErrorClass.CONFIGURATION and code not in ABOUT_THE_MESSAGE


def asks_to_slow_down(error_class: ErrorClass, code: int | None) -> bool:
    """Whether the sender as a whole is too fast, or cannot be served: not this one message."""
    return error_class is ErrorClass.RETRY_LATER and code in (None, 421, 429, 20429, 21611, 30001, 30022)


def seen_on_delivery(code: int | None) -> bool:
    """Whether the error shows only after the carrier has taken a message (30000 to 39999)."""
    return code is not None and 30_000 <= code < 40_000


def classify_answer(http_status: int, code: int | None) -> ErrorClass:
    """The class of a refused API request (HTTP status 300 and above, with the carrier's code if it sent one).

    A server error is ambiguous whatever its code says: Twilio warns that a message may have been sent
    (twilio.com/docs/api/errors/20500). 408 says that the other side gave up waiting, not what it had read.
    """
    if http_status >= 500 or http_status == 408:
        return ErrorClass.AMBIGUOUS
    if code is not None and code in CODES:
        return CODES[code]
    if http_status == 429:
        return ErrorClass.RETRY_LATER
    if http_status in (401, 403, 404) or http_status < 400:
        return ErrorClass.CONFIGURATION
    return ErrorClass.RETRY_LITTLE


def explain(code: int) -> str:
    """The code in plain words, for the person who has to act on it."""
    return _MEANINGS.get(code, f"The carrier reported error {code}.")


def without_numbers(text: str) -> str:
    """The text with anything like a phone number masked: carriers quote numbers in their errors."""
    return _PHONE_NUMBER.sub("[number]", text)
