"""Reading a reply: which digit, for which question. Strict: what is not clearly an answer is asked again.

A digit may be followed by words ("1, but I need a ride") only where nothing can be meant but the answer. "1 hour
away" and "2 kids at home" are no answers, and neither is a yes that takes itself back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.activation.rules import CANNOT_COME, DIGITS

# "1", "1.", "1A", "a 1", "1 BCDF" (the reference of the text); nothing else may stand there.
_DIGIT_FIRST = re.compile(r"([0-9])[\s.,;:)#-]*([A-Z]{1,4})?[\s.,!)]*")
_CODE_FIRST = re.compile(r"([A-Z]{1,4})[\s.,;:#-]*([0-9])[\s.,!)]*")
# "1, but I need a ride": the digit (with a single letter, or set apart by a stop), then words without a digit.
_WITH_WORDS = re.compile(
    r"([0-9])([A-Z]{1,2})?(\s*[.,;:!]\s*|\s*\n\s*|\s+-+\s+|\s+)(\D*[^\W\d_]\D*)", re.DOTALL
)
# With only a space between, the words must begin like a sentence of their own: "1 sec" does not.
_BEGINS = re.compile(
    r"(BUT|AND|I|I[’']?M|I[’']?LL|WE|SORRY|THANKS|THANK|PLEASE|PLS|NEED|OK|OKAY|YES|COMING)\b"
)
_HEDGE = re.compile(
    r"\b(IF|UNLESS|MAYBE|PERHAPS|OR|EITHER|EXCEPT|DEPENDS|MIGHT|PROBABLY|UNSURE|SURE|TYPO|WRONG|MEANT)\b|\?"
)
_NOT = re.compile(r"\b(NOT|NO|NEVER|NOBODY|CANNOT|UNABLE|IMPOSSIBLE|\w+N[’']?T)\b")
_CAN = re.compile(r"\b(CAN|COME|COMING|COMES|WILL|WAY|AVAILABLE|YES|I[’']?LL)\b")
# Long runs of digits, with what people write between them.
_NUMBER = re.compile(r"\+?\d(?:[\s().-]*\d){6,}")
# A digit sent as a keycap emoji carries these after it.
_KEYCAP = dict.fromkeys((0xFE0F, 0x20E3))


@dataclass(frozen=True)
class Reply:
    """A well-formed reply. `code` is None when only a digit came; `words` when there is more to be read."""

    digit: str
    code: str | None = None
    words: bool = False


@dataclass(frozen=True)
class Known:
    """A question that this phone could be answering. `code` or one of `references` names it in a reply;
    `standing`: answered yes, and the place is still theirs; `informs`: only wants to be read."""

    id: str
    code: str
    references: frozenset[str]
    title: str
    open: bool
    standing: bool
    asked_at: datetime
    informs: bool = False


@dataclass(frozen=True)
class Resolved:
    """`answers`: this question. `ambiguous`: one of `among`. `unreadable`: say again, about the newest."""

    how: Literal["answers", "ambiguous", "unreadable", "nothing_asked"]
    question: Known | None = None
    among: tuple[Known, ...] = ()


def parse(text: str) -> Reply | None:
    """The reply in a text; None for anything but one allowed digit, alone or with a question's code, or with
    words after it that leave no doubt."""
    plain = unicodedata.normalize("NFKC", text).translate(_KEYCAP).strip().upper()
    if match := _DIGIT_FIRST.fullmatch(plain):
        digit, code = match.groups()
    elif match := _CODE_FIRST.fullmatch(plain):
        code, digit = match.groups()
    else:
        return _with_words(plain)
    return Reply(digit, code) if digit in DIGITS else None


def is_message(text: str) -> bool:
    """Whether somebody has written something, and not only mistyped a digit or a code."""
    plain = unicodedata.normalize("NFKC", text).translate(_KEYCAP).strip().upper()
    if _DIGIT_FIRST.fullmatch(plain) or _CODE_FIRST.fullmatch(plain):
        return False
    return any(unicodedata.category(char) in ("Lu", "Lo", "Lt", "So") for char in plain)


def resolve(reply: Reply | None, known: Sequence[Known]) -> Resolved:
    """Which question a reply is for, of those that the people of this phone were asked lately. What only
    informs steps back behind what asks."""
    newest_first = sorted(known, key=lambda k: (not k.informs, k.asked_at, k.id), reverse=True)
    if not newest_first:
        return Resolved("nothing_asked")
    waiting = tuple(k for k in newest_first if k.open)
    if asking := tuple(k for k in waiting if not k.informs):
        waiting = asking
    if reply is None:
        return Resolved("unreadable", (waiting or newest_first)[0], waiting)
    if reply.code is not None:
        named = next((k for k in newest_first if reply.code == k.code or reply.code in k.references), None)
        return Resolved("answers", named) if named else Resolved("unreadable", newest_first[0], waiting)
    # With nothing open a digit is a change of mind, or late.
    among = waiting or tuple(k for k in newest_first if k.standing) or newest_first[:1]
    if len(among) == 1:
        return Resolved("answers", among[0])
    return Resolved("ambiguous", among[0], tuple(among))


def without_numbers(text: str) -> str:
    """The text with phone numbers left out: a journal holds none."""
    return _NUMBER.sub("(number)", text)


def _with_words(plain: str) -> Reply | None:
    match = _WITH_WORDS.fullmatch(plain)
    if match is None:
        return None
    digit, code, between, words = match.groups()
    if digit not in DIGITS or _HEDGE.search(words):
        return None
    if between.isspace() and "\n" not in between and not _BEGINS.match(words):
        return None
    if digit == CANNOT_COME:
        takes_back = bool(_CAN.search(words)) and not _NOT.search(words)
    else:
        takes_back = bool(_NOT.search(words))
    return None if takes_back else Reply(digit, code, words=True)
