"""Phone numbers: read as people type them, kept as E.164, shown masked."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType

from app.core.errors import Invalid

REGION = "US"
TEXTABLE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
ALLOWED = "must be a number that can get texts, such as (202) 555-0123 or +1 202 555 0123"


def e164(text: str, field: str = "phone") -> str:
    """The number in E.164, such as +12025550123; without a country it is a North American one.

    Raises Invalid for what is no number, has an extension, or is of a kind that gets no texts.
    """
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise Invalid.field(field, ALLOWED) from None
    if number.extension:
        raise Invalid.field(field, f"has an extension; {ALLOWED}")
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in TEXTABLE:
        raise Invalid.field(field, ALLOWED)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(address: str) -> str:
    """Enough to recognise one's own number, too little to call it: the last two digits."""
    return f"{'•' * max(len(address) - 2, 0)}{address[-2:]}"
