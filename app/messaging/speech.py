"""What a call says: our texts made fit to be spoken, and the few sentences of the call itself.

Values in, words out. In an exercise the first and the last words of everything said tell so.
"""

from __future__ import annotations

import re

from app.messaging.texts import AFTER, BEFORE, framed

KEYS = ("1", "2", "3", "9")
"""Keys that answer, the same as the digits of a text."""

AGAIN = "*"
MOST_WRONG = 3
MOST_ASKED = 9

TAKEN = "Thank you. We have your key. Goodbye."
LATER = "We have your key. Please wait for a text message that confirms it. Goodbye."
NOT_TAKEN = "We could not take that key. Please press it again."
NO_KEY = "No key was pressed, so no answer was taken. Goodbye."
SETTLED = "This call is no longer needed. Nothing is asked of you now. Goodbye."
GIVEN_UP = "That key is not offered either. Please answer by text message. Goodbye."
HEAR_AGAIN = "Press star to hear this again."

_LINK = re.compile(r"\bhttps?://\S+")
_REFERENCE = re.compile(r"\bRef ([A-Z]{4})\b")
_CODE = re.compile(r"\b([0-9])([A-Z]{1,3})\b")
_ABBREVIATED = {"Reply": "Press", "reply": "press", "min": "minutes"}
_ABBREVIATION = re.compile(r"(?<![\w-])(Reply|reply|min)(?![\w-])")
_UNSPEAKABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def spoken(text: str) -> str:
    """A text as it is said: no links, codes letter by letter, abbreviations in full."""
    text = _UNSPEAKABLE.sub(" ", _LINK.sub(" ", text))
    text = _REFERENCE.sub(lambda found: f"Reference {_spelled(found[1])}", text)
    text = _CODE.sub(lambda found: f"{found[1]} {_spelled(found[2])}", text)
    text = _ABBREVIATION.sub(lambda found: _ABBREVIATED[found[1]], text)
    return re.sub(r" (?=[.,;!?])", "", " ".join(text.split()))


def is_exercise(body: str) -> bool:
    return body.startswith(BEFORE)


def with_more(body: str, more: str) -> str:
    """The message with a sentence added, still before the last words of an exercise."""
    return f"{body.removesuffix(AFTER)} {more}{AFTER}" if body.endswith(AFTER) else f"{body} {more}"


def wrong_key(body: str) -> str:
    """Names the keys that are offered, then says the message again."""
    keys = f"{', '.join(KEYS[:-1])} and {KEYS[-1]}"
    message = body.removeprefix(BEFORE).removesuffix(AFTER)
    return framed(f"That key is not offered. The keys are {keys}. {message}", is_exercise(body))


def _spelled(letters: str) -> str:
    return ", ".join(letters)
