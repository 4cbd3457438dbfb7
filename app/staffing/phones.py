"""Addresses: read as people type them, kept in one form (numbers as E.164), shown masked."""

from __future__ import annotations

import re
from types import MappingProxyType

import phonenumbers
from phonenumbers import PhoneNumberType

from app.core.errors import Invalid
from app.messaging.channels import Channel

REGION = "US"
TEXTABLE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
CALLABLE = (*TEXTABLE, PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP, PhoneNumberType.PERSONAL_NUMBER)
ALLOWED = "must be a number that can get texts, such as (202) 555-0123 or +1 202 555 0123"
ALLOWED_CALL = "must be a number that can be called, such as (202) 555-0123 or +1 202 555 0123"
ALLOWED_MAIL = "must be a mail address, such as name@hospital.example"

REACHES = MappingProxyType(
    {
        "mobile": (Channel.SMS, Channel.VOICE),
        "landline": (Channel.VOICE,),
        "email": (Channel.EMAIL,),
    }
)
"""What each kind of address can be reached over; a mobile by a call only if its owner says so."""

# Of what RFC 5321 allows, what people have: no quoted names, no address literals.
_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)


def address_for(kind: str, text: str, field: str = "address") -> str:
    """The address of a kind (mobile, landline, email) in the form that is kept. Raises Invalid."""
    if kind == "email":
        return mail(text, field)
    return e164(text, field, calls=kind == "landline")


def e164(text: str, field: str = "phone", *, calls: bool = False) -> str:
    """The number in E.164, such as +12025550123; without a country it is a North American one.

    Raises Invalid for what is no number, has an extension, or is of a kind that gets no texts; with `calls`,
    that cannot be called for the usual price.
    """
    allowed, kinds = (ALLOWED_CALL, CALLABLE) if calls else (ALLOWED, TEXTABLE)
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise Invalid.field(field, allowed) from None
    if number.extension:
        raise Invalid.field(field, f"has an extension; {allowed}")
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in kinds:
        raise Invalid.field(field, allowed)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mail(text: str, field: str = "address") -> str:
    """The address with its host in small letters. Raises Invalid."""
    name, at, host = text.strip().rpartition("@")
    address = f"{name}{at}{host.lower()}"
    if len(address) > 200 or not _MAIL.fullmatch(address) or name.startswith(".") or ".." in name:
        raise Invalid.field(field, ALLOWED_MAIL)
    return address


def masked(address: str) -> str:
    """Enough to recognise one's own, too little to use it: the last two digits; of a mail address the first letter
    and the host."""
    name, at, host = address.rpartition("@")
    if at:
        return f"{name[:1]}{'•' * max(len(name) - 1, 1)}@{host}"
    return f"{'•' * max(len(address) - 2, 0)}{address[-2:]}"
