"""Reading a reply: which digit, for which question. Strict: what is not clearly an answer is asked again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.activation.rules import DIGITS

# "1", "1.", "1A", "a 1", "1 BCDF" (the reference of the text); nothing else may stand there.
_DIGIT_FIRST = re.compile(r"([0-9])[\s.,;:)#-]*([A-Z]{1,4})?[\s.,!)]*")
_CODE_FIRST = re.compile(r"([A-Z]{1,4})[\s.,;:#-]*([0-9])[\s.,!)]*")
# A digit sent as a keycap emoji carries these after it.
_KEYCAP = dict.fromkeys((0xFE0F, 0x20E3))


@dataclass(frozen=True)
class Reply:
    """A well-formed reply. `code` is None when only a digit came."""

    digit: str
    code: str | None = None


@dataclass(frozen=True)
class Known:
    """A question that this phone could be answering. `code` or `reference` names it in a reply;
    `standing`: answered yes, and the place is still theirs."""

    id: str
    code: str
    reference: str
    title: str
    open: bool
    standing: bool
    asked_at: datetime


@dataclass(frozen=True)
class Resolved:
    """`answers`: this question. `ambiguous`: one of `among`. `unreadable`: say again, about the newest."""

    how: Literal["answers", "ambiguous", "unreadable", "nothing_asked"]
    question: Known | None = None
    among: tuple[Known, ...] = ()


def parse(text: str) -> Reply | None:
    """The reply in a text; None for anything but one allowed digit, alone or with a question's code."""
    plain = unicodedata.normalize("NFKC", text).translate(_KEYCAP).strip().upper()
    if match := _DIGIT_FIRST.fullmatch(plain):
        digit, code = match.groups()
    elif match := _CODE_FIRST.fullmatch(plain):
        code, digit = match.groups()
    else:
        return None
    return Reply(digit, code) if digit in DIGITS else None


def resolve(reply: Reply | None, known: Sequence[Known]) -> Resolved:
    """Which question a reply is for, of those that the people of this phone were asked lately."""
    newest_first = sorted(known, key=lambda k: (k.asked_at, k.id), reverse=True)
    if not newest_first:
        return Resolved("nothing_asked")
    waiting = tuple(k for k in newest_first if k.open)
    if reply is None:
        return Resolved("unreadable", (waiting or newest_first)[0], waiting)
    if reply.code is not None:
        named = next((k for k in newest_first if reply.code in (k.code, k.reference)), None)
        return Resolved("answers", named) if named else Resolved("unreadable", newest_first[0], waiting)
    # With nothing open a digit is a change of mind, or late.
    among = waiting or tuple(k for k in newest_first if k.standing) or newest_first[:1]
    if len(among) == 1:
        return Resolved("answers", among[0])
    return Resolved("ambiguous", among[0], tuple(among))
