"""Words that every text has: the frame of an exercise, and the mark by which a repeated text is known."""

from __future__ import annotations

import hashlib
import re

BEFORE = "EXERCISE. "
AFTER = " THIS IS AN EXERCISE"

# No vowels: a mark shall not spell a word. No digits: it shall not be taken for an answer.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
MARK_LENGTH = 4
MARK_ROOM = len(" Ref ") + MARK_LENGTH
"""Characters, all of the GSM alphabet, that the mark adds to a text."""


def framed(text: str, exercise: bool) -> str:
    """The text, in an exercise with its first and last words saying so."""
    return f"{BEFORE}{text}{AFTER}" if exercise else text


def mark(key: str) -> str:
    """The reference of the intent with this key: four letters, the same on every machine."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    letters = []
    for _ in range(MARK_LENGTH):
        number, index = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[index])
    return "".join(letters)


def marked(text: str, reference: str) -> str:
    """The text with its reference as a word of its own, before the last words of an exercise."""
    if re.search(rf"(?<!\w){reference}(?!\w)", text):
        return text
    if text.endswith(AFTER):
        return f"{text.removesuffix(AFTER)} Ref {reference}{AFTER}"
    return f"{text} Ref {reference}"


def masked(number: str) -> str:
    """A phone number as it may be shown: its last two digits."""
    return f"…{number[-2:]}"
