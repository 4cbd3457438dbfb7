"""How many SMS segments a text takes, and how to keep it from taking more than it must.

A text in the GSM 7-bit alphabet (3GPP TS 23.038, section 6.2.1) has 160 septets, or 153 in each of several
segments; any other character turns the whole text into UCS-2 with 70, or 67, UTF-16 units (TS 23.040,
section 9.2.3.24.1: the header that joins segments takes the difference).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

MAX_BODY = 1600
"""Characters a carrier takes in one message (Twilio error 21617)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION

# One segment alone, each of several.
_ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}

Encoding = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True)
class Segments:
    """The size of a text.

    units      septets (GSM-7) or UTF-16 units (UCS-2) of the text itself.
    count      segments that are sent and paid for; 0 for an empty text.
    room_left  units that still fit without one more segment.
    forced_by  the first character outside the GSM alphabet, or None: the one to name to the writer.
    """

    encoding: Encoding
    units: int
    count: int
    room_left: int
    forced_by: str | None


def segments(text: str) -> Segments:
    """Count the segments of a text."""
    forced_by = next((char for char in text if char not in _GSM), None)
    encoding: Encoding = "GSM-7" if forced_by is None else "UCS-2"
    widths = [_septets(char) if encoding == "GSM-7" else _utf16_units(char) for char in text]
    count, room_left = _pack(widths, *_ROOM[encoding])
    return Segments(encoding, sum(widths), count, room_left, forced_by)


def plain(text: str) -> str:
    """The text in the GSM alphabet, if harmless look-alikes get it there without taking more segments.

    Folds typographic quotes, dashes, dots, spaces and the accents the alphabet lacks. A text that would
    need UCS-2 all the same (an emoji, another script) is returned as it was written.
    """
    folded = "".join(_fold(char) for char in unicodedata.normalize("NFC", text))
    if any(char not in _GSM for char in folded):
        return text
    return folded if segments(folded).count <= segments(text).count else text


def _septets(char: str) -> int:
    return 2 if char in _EXTENSION else 1


def _utf16_units(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def _pack(widths: list[int], alone: int, joined: int) -> tuple[int, int]:
    """Segments taken and units left in the last; a character of two units is never cut in half."""
    total = sum(widths)
    if total <= alone:
        return (1 if widths else 0), alone - total
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return count, joined - used


_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\t", " "),
        # No-width characters: soft hyphen, zero-width space, byte-order mark.
        **dict.fromkeys("\u00ad\u200b\ufeff", ""),
        "…": "...",
        "•": "-",
        "‹": "<",
        "›": ">",
        "Œ": "OE",
        "œ": "oe",
        "ẞ": "ss",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "ı": "i",
    }
)


def _fold(char: str) -> str:
    if char in _GSM:
        return char
    folded = char.translate(_LOOK_ALIKES)
    if folded != char or not unicodedata.category(char).startswith("L"):
        return folded
    # Letters only: the same step would turn "≠" into "=".
    base = "".join(part for part in unicodedata.normalize("NFD", char) if not unicodedata.combining(part))
    return base if base and all(part in _GSM for part in base) else char
