"""Addresses of each channel: read as people type them, and named without giving them away."""

from __future__ import annotations

import re

import phonenumbers

from app.core.errors import Invalid
from app.messaging.channels import TO_PEOPLE, Channel
from app.staffing.phones import REGION, e164

NAMES = {Channel.SMS: "text", Channel.VOICE: "call", Channel.EMAIL: "mail"}
CALLABLE = "must be a number that can be called, such as (202) 555-0123"
MAIL = "must be a mail address such as ada@hospital.example"
_MAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")


def address_of(channel: str, text: str, field: str = "address") -> str:
    """What is stored for an address typed for a channel. Raises Invalid saying what is allowed."""
    if channel not in list(TO_PEOPLE):
        raise Invalid.field("channel", f"must be one of {', '.join(TO_PEOPLE)}")
    if channel == Channel.SMS:
        return e164(text, field)
    if channel == Channel.VOICE:
        return _callable(text, field)
    address = text.strip().lower()
    if len(address) > 200 or not _MAIL.fullmatch(address):
        raise Invalid.field(field, MAIL)
    return address


def ending(channel: str, address: str) -> str:
    """Enough for its owner to know it again: a number's last two digits, a mail address's domain."""
    return "@" + address.rpartition("@")[2] if channel == Channel.EMAIL else address[-2:]


def named(channel: str, ending: str) -> str:
    """What goes to a method, for a sentence to its owner."""
    if channel == Channel.EMAIL:
        return f"mail to your address {ending}"
    return f"{'calls' if channel == Channel.VOICE else 'texts'} to your number ending {ending}"


def _callable(text: str, field: str) -> str:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise Invalid.field(field, CALLABLE) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise Invalid.field(field, CALLABLE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
